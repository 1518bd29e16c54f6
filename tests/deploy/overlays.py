"""Renders our overlays as kustomize does, as far as they use it; anything else in them is an error."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2] / "deploy" / "kubernetes"
OVERLAYS = ("staging", "production")
KNOWN = {"apiVersion", "kind", "namespace", "resources", "images", "patches"}

type Manifest = dict[str, Any]


def render(name: str) -> list[Manifest]:
    return _render(ROOT / "overlays" / name)


def _render(folder: Path) -> list[Manifest]:
    custom = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert set(custom) <= KNOWN, f"the renderer does not know {set(custom) - KNOWN}"
    found: list[Manifest] = []
    for resource in custom["resources"]:
        path = (folder / resource).resolve()
        found += (
            _render(path) if path.is_dir() else [one for one in yaml.safe_load_all(path.read_text()) if one]
        )
    found = copy.deepcopy(found)
    for manifest in found:
        if "namespace" in custom:
            manifest["metadata"]["namespace"] = custom["namespace"]
        for container in containers_of(manifest):
            for image in custom.get("images", []):
                if container["image"] == image["name"]:
                    container["image"] = f"{image['newName']}:{image['newTag']}"
    for patch in custom.get("patches", []):
        _patch(found, patch)
    return found


def _patch(manifests: list[Manifest], patch: dict[str, Any]) -> None:
    kind, name = patch["target"]["kind"], patch["target"]["name"]
    (target,) = [one for one in manifests if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    for change in yaml.safe_load(patch["patch"]):
        *way, last = change["path"].strip("/").split("/")
        place: Any = target
        for part in way:
            place = place[part]
        assert change["op"] == "add" or last in place, f"{change['path']} is not there to be replaced"
        place[last] = change["value"]


def containers_of(manifest: Manifest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        manifest.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
    )
    return found
