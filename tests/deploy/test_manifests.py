"""What no linter knows of our manifests: probes, grace, who may reach whom, connections, secrets."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.celery import QUEUES
from pipeline.steps import STEPS
from tests.deploy.overlays import OVERLAYS, Manifest, containers_of, render

ROOT = Path(__file__).parents[2]
MAX_CONNECTIONS = 200  # of the database that docs/deployment.md asks for
KUBERNETES = "1.33"
VENDORS = {"text", "image", "speech", "clip", "analytics"}


@pytest.fixture(params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return render(request.param)


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    return [one for one in manifests if one["kind"] in kinds]


def environment(container: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container.get("env", [])}


def workers(manifests: list[Manifest]) -> dict[str, Manifest]:
    found = {}
    for one in of_kind(manifests, "Deployment"):
        command = containers_of(one)[0].get("command", [])
        if "worker" in command:
            found[command[command.index("-Q") + 1]] = one
    return found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_manifest_fits_the_schema_of_kubernetes(overlay: str, tmp_path: Path) -> None:
    path = tmp_path / "rendered.yaml"
    path.write_text(yaml.safe_dump_all(render(overlay)))
    program = Path(sys.executable).parent / "kubernetes-validate"
    command = [str(program), "--strict", "-k", KUBERNETES, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_container_is_confined_and_knows_its_share(manifests: list[Manifest]) -> None:
    for one in of_kind(manifests, "Deployment", "Job"):
        pod = one["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers_of(one):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert set(container["resources"]) == {"requests", "limits"}
            assert not container["image"].endswith(":latest")
            assert ":" in container["image"].rpartition("/")[2]


def test_the_api_has_the_resources_of_the_specification_and_grows_by_load() -> None:
    manifests = render("production")
    (api,) = [
        one for one in of_kind(manifests, "Deployment") if one["metadata"]["name"] == "microlearning-api"
    ]
    assert api["spec"]["replicas"] == 5
    assert containers_of(api)[0]["resources"] == {
        "requests": {"cpu": "250m", "memory": "256Mi"},
        "limits": {"cpu": "500m", "memory": "512Mi"},
    }
    assert api["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    scalers = {one["metadata"]["name"]: one["spec"] for one in of_kind(manifests, "HorizontalPodAutoscaler")}
    assert (scalers["microlearning-api"]["minReplicas"], scalers["microlearning-api"]["maxReplicas"]) == (
        5,
        20,
    )
    assert (
        scalers["microlearning-worker-render"]["metrics"][0]["external"]["metric"]["name"]
        == "queue_oldest_seconds"
    )
    budgets = {one["metadata"]["name"] for one in of_kind(manifests, "PodDisruptionBudget")}
    assert budgets == {"microlearning-api"}


def test_liveness_asks_nobody_else_and_readiness_asks_the_database(manifests: list[Manifest]) -> None:
    for one in of_kind(manifests, "Deployment"):
        container = containers_of(one)[0]
        if "command" in container:  # a worker or beat: the port of its metrics answers
            assert container["livenessProbe"]["tcpSocket"] == {"port": "metrics"}
            continue
        assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
        assert container["startupProbe"]["httpGet"]["path"] == "/health/live"
        assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
        stop = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert stop + 30 < one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]


def test_a_worker_is_given_the_time_of_its_longest_step_to_stop(manifests: list[Manifest]) -> None:
    found = workers(manifests)
    assert set(found) == set(QUEUES)
    for step in STEPS:
        for queue in QUEUES:
            grace = found[queue]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
            if step.name == {
                "text": "script",
                "image": "visuals",
                "speech": "voice",
                "render": "compose",
            }.get(queue):
                assert grace >= step.limits.soft + 30, (queue, step.name)


def test_there_is_one_beat_and_never_two_on_purpose(manifests: list[Manifest]) -> None:
    (beat,) = [
        one for one in of_kind(manifests, "Deployment") if one["metadata"]["name"] == "microlearning-beat"
    ]
    assert (beat["spec"]["replicas"], beat["spec"]["strategy"]) == (1, {"type": "Recreate"})


def test_connections_stay_below_what_the_database_allows() -> None:
    manifests = render("production")
    most = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"]["maxReplicas"]
        for one in of_kind(manifests, "HorizontalPodAutoscaler")
    }
    (config,) = of_kind(manifests, "ConfigMap")
    total = 0
    for one in of_kind(manifests, "Deployment"):
        container, name = containers_of(one)[0], one["metadata"]["name"]
        pool = int(environment(container).get("DATABASE_POOL_SIZE", config["data"]["DATABASE_POOL_SIZE"]))
        pool = max(pool, 4)  # config.settings: never fewer than one process of the pipeline needs
        command = container.get("command", [])
        processes = int(command[command.index("--concurrency") + 1]) + 1 if "worker" in command else 1
        in_use = 1 if "worker" in command else pool  # a worker's process does one thing at a time
        total += most.get(name, one["spec"]["replicas"]) * processes * in_use
    assert total + 10 <= MAX_CONNECTIONS, total


def test_only_those_who_call_vendors_may_leave_and_everybody_is_named(manifests: list[Manifest]) -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind(manifests, "NetworkPolicy")}
    assert policies["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}

    def names(policy: str) -> set[str]:
        (expression,) = policies[policy]["podSelector"]["matchExpressions"]
        return set(expression["values"])

    pods = {one["metadata"]["name"] for one in of_kind(manifests, "Deployment", "Job")}
    assert names("inside-only") | names("vendors") == pods
    assert names("inside-only") & names("vendors") == set()
    assert names("vendors") == {f"microlearning-worker-{queue}" for queue in VENDORS}
    outside = [rule for rule in policies["inside-only"]["egress"] if "0.0.0.0/0" in str(rule)]
    assert outside == []


def test_keys_of_vendors_are_in_no_container_that_does_not_call_them(manifests: list[Manifest]) -> None:
    for one in of_kind(manifests, "Deployment", "Job"):
        sources = [
            source["secretRef"]["name"]
            for source in containers_of(one)[0]["envFrom"]
            if "secretRef" in source
        ]
        queue = one["metadata"]["name"].removeprefix("microlearning-worker-")
        allowed = {"microlearning"}
        allowed |= {"microlearning-cdn"} if queue == "analytics" else set()
        allowed |= {"microlearning-vendors"} if queue in VENDORS - {"analytics"} else set()
        assert set(sources) == allowed, one["metadata"]["name"]


def test_no_secret_stands_in_a_manifest_and_every_one_that_settings_demand_is_named() -> None:
    demanded = set(re.findall(r'_secret\("(\w+)"\)', (ROOT / "config" / "settings.py").read_text())) | {
        "FIELD_KEYS"
    }
    base = (ROOT / "deploy" / "kubernetes" / "base" / "config.yaml").read_text()
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    given = compose["services"]["api"]["environment"]
    for name in demanded:
        assert name in base, name
        assert given[f"{name}_FILE"] == f"/run/secrets/{name.lower()}", name
        assert name.lower() in compose["services"]["api"]["secrets"], name
        assert name.lower() in (ROOT / "docs" / "deployment.md").read_text(), name
    for overlay in OVERLAYS:
        assert of_kind(render(overlay), "Secret") == []
        (config,) = of_kind(render(overlay), "ConfigMap")
        assert not [name for name in config["data"] if re.search(r"KEY|PASSWORD|TOKEN|DATABASE_URL", name)]


def test_compose_has_the_services_of_the_specification_and_a_worker_for_every_queue() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    assert {"api", "db", "redis", "celery"} <= set(compose)
    assert (compose["db"]["image"], compose["redis"]["image"]) == ("postgres:15", "redis:7-alpine")
    served: list[str] = []
    for service in compose.values():
        command = service.get("command") or []
        if "-Q" in command:
            served += command[command.index("-Q") + 1].split(",")
    # The image `render` runs its worker by itself.
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert '"-Q", "render"]' in dockerfile
    assert sorted([*served, "render"]) == sorted(QUEUES)
    for name, service in compose.items():
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", [])), name
        if name not in {"vendors", "courier", "proxy"}:
            assert service["networks"] == ["inside"], name


def test_the_image_runs_as_nobody_and_installs_by_hash() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes requirements.lock" in text
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert ":latest" not in text
