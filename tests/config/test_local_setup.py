"""deploy/setup.sh: one sentence for each thing that can be missing, and nothing done twice."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
TOOLS = [
    "sh",
    "cat",
    "cksum",
    "dirname",
    "mkdir",
    "rm",
    "ln",
    "true",
    "grep",
    "sed",
    "head",
    "find",
    "git",
    "flock",
    "id",
    "env",
]
COPIED = ("deploy/setup.sh", ".python-version", ".gitignore", "requirements.lock", "requirements-dev.lock")
Run = Callable[..., subprocess.CompletedProcess[str]]
FakeUv = Callable[..., Path]
FAKE_UV = """#!/bin/sh
echo "$@" >>"{calls}"
case "$1 $2" in
"--version "*) echo "uv {version}" ;;
"venv --python") mkdir -p .venv/bin; ln -s "{python}" .venv/bin/python ;;
"pip sync") {sync} ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What setup.sh reads, in a folder with a space, and a PATH folder with nothing but plain tools."""
    folder = tmp_path / "a checkout"
    (folder / "deploy").mkdir(parents=True)
    for name in COPIED:
        shutil.copy(PROJECT / name, folder / name)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin" / tool).symlink_to(found)
    return folder


@pytest.fixture
def run(checkout: Path, tmp_path: Path) -> Run:
    def run_setup(command: str = "environment", **environment: str) -> subprocess.CompletedProcess[str]:
        settings = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home"), **environment}
        return subprocess.run(
            ["sh", "deploy/setup.sh", command],
            cwd=checkout,
            env=settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run_setup


def install(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(script)
    program.chmod(0o755)


@pytest.fixture
def fake_uv(tmp_path: Path) -> FakeUv:
    """A uv on PATH that writes its calls down; `sync` is what it does instead of installing."""

    def install_uv(*, version: str = "0.13.9 (x86_64)", sync: str = "true") -> Path:
        calls = tmp_path / "calls"
        script = FAKE_UV.format(calls=calls, version=version, python=sys.executable, sync=sync)
        install(tmp_path / "bin", "uv", script)
        return calls

    return install_uv


def sentence(result: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failure leaves on stderr."""
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr.strip()


def test_without_any_python_it_says_which_to_install(run: Run) -> None:
    assert sentence(run()) == (
        "No Python from 3.8 on was found; install one (Debian: apt-get install python3 python3-venv) "
        "and run make again."
    )


def test_a_python_that_does_not_run_is_none(run: Run, tmp_path: Path) -> None:
    install(tmp_path / "bin", "python3", "#!/bin/sh\necho 'bad interpreter' >&2\nexit 126\n")
    assert sentence(run()).startswith("No Python from 3.8 on was found")


def test_a_python_without_venv_and_pip_is_said_to_be_that(run: Run, tmp_path: Path) -> None:
    install(tmp_path / "bin", "python3", '#!/bin/sh\n[ "$1" = -c ]\n')
    assert sentence(run()) == (
        "python3 has neither venv nor pip; install one (Debian: apt-get install python3-venv), or uv itself, "
        "and run make again."
    )


def test_without_network_the_sentence_speaks_of_the_network(run: Run, tmp_path: Path) -> None:
    install(tmp_path / "bin", "python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_RETRIES": "0"}
    assert sentence(run(PIP_CONFIG_FILE=os.devnull, **nowhere)) == (
        "uv could not be installed: the package index cannot be reached; check the network "
        "(or set UV_DEFAULT_INDEX or a proxy) and run make again."
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("error: No space left on device (os error 28)", "the disk is full; free about 2 GB"),
        ("cause: dns error", "the package index cannot be reached; check the network"),
        ("error: Permission denied (os error 13)", "a file or folder may not be written"),
        ("error: Hash mismatch for `django`", "a package is not the one that was locked"),
    ],
)
def test_a_failing_installation_is_explained(run: Run, fake_uv: FakeUv, said: str, expected: str) -> None:
    fake_uv(sync=f"echo '{said}' >&2; exit 2")
    assert sentence(run()).startswith(f"The locked packages could not be installed: {expected}")


def test_a_missing_interpreter_is_explained(run: Run, tmp_path: Path, checkout: Path) -> None:
    install(tmp_path / "bin", "uv", '#!/bin/sh\n[ "$1" = --version ] && echo "uv 0.13.9"\n')
    assert sentence(run()).startswith("Python 3.13 was not found and could not be downloaded; install it")
    assert not (checkout / ".venv").exists()


def test_what_is_up_to_date_is_not_done_again(run: Run, fake_uv: FakeUv, checkout: Path) -> None:
    calls = fake_uv()
    assert run().stdout.endswith("in .venv.\n")
    assert "pip sync --python .venv/bin/python --require-hashes --no-progress requirements-dev.lock" in (
        calls.read_text()
    )
    calls.unlink()
    before = os.times()
    again = run()
    after = os.times()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert after.children_user + after.children_system - before.children_user - before.children_system < 0.3
    assert not calls.exists()


@pytest.mark.parametrize("changed", ["lock", "folder", "interrupted"])
def test_what_has_changed_is_done_again(run: Run, fake_uv: FakeUv, checkout: Path, changed: str) -> None:
    calls = fake_uv()
    assert run().returncode == 0
    calls.unlink()
    if changed == "lock":
        with (checkout / "requirements-dev.lock").open("a") as lock:
            lock.write("# one more line\n")
    elif changed == "folder":
        shutil.copytree(checkout, checkout.parent / "moved", symlinks=True)
        shutil.rmtree(checkout)
        (checkout.parent / "moved").rename(checkout)
        (checkout / ".venv" / "installed").write_text("0 0 3.13 /another/folder\n")
    else:
        (checkout / ".venv" / "installed").unlink()
    assert run().returncode == 0
    assert "pip sync" in calls.read_text()


def test_the_index_and_certificate_of_pip_are_handed_on(run: Run, fake_uv: FakeUv, tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.pem"
    certificate.write_text("certificate")
    seen = tmp_path / "seen"
    fake_uv(sync=f'echo "$UV_DEFAULT_INDEX $SSL_CERT_FILE" >"{seen}"')
    run(PIP_INDEX_URL="https://packages.example/simple", PIP_CERT=str(certificate))
    assert seen.read_text() == f"https://packages.example/simple {certificate}\n"


def test_additional_indexes_of_pip_are_asked_only_after_a_failure_and_at_last_alone(
    run: Run, fake_uv: FakeUv, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    fake_uv(
        sync=f'echo "$UV_DEFAULT_INDEX + $UV_INDEX" >>"{seen}"; [ "$UV_DEFAULT_INDEX" = https://b.example ]'
    )
    assert run(PIP_EXTRA_INDEX_URL="https://a.example https://b.example").returncode == 0
    assert seen.read_text().splitlines() == [
        " + ",
        " + https://a.example https://b.example",
        "https://b.example + https://a.example https://b.example",
    ]


def test_an_index_given_to_uv_stays(run: Run, fake_uv: FakeUv, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    fake_uv(sync=f'echo "$UV_DEFAULT_INDEX" >"{seen}"')
    run(PIP_INDEX_URL="https://packages.example/simple", UV_DEFAULT_INDEX="https://mine.example/simple")
    assert seen.read_text() == "https://mine.example/simple\n"


def test_without_a_home_uv_keeps_its_cache_here(run: Run, fake_uv: FakeUv, checkout: Path) -> None:
    seen = checkout / "seen"
    fake_uv(sync=f'echo "$UV_CACHE_DIR" >"{seen}"')
    run(HOME="/proc/nowhere")
    assert seen.read_text() == f"{checkout}/.local/cache/uv\n"


def test_an_old_uv_on_the_path_is_passed_over(run: Run, fake_uv: FakeUv) -> None:
    fake_uv(version="0.4.30")
    assert sentence(run()).startswith("No Python from 3.8 on was found")


@pytest.fixture
def worked_in(checkout: Path, tmp_path: Path) -> Path:
    """A checkout under git in which commands have run and a person has worked."""
    for command in (["git", "init", "-q"], ["git", "add", "-A"]):
        subprocess.run(command, cwd=checkout, check=True)
    made = (".venv/bin/python", ".local/servers/users.lock", "config/__pycache__/a.pyc", "media/film.mp4")
    for name in made:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).touch()
    (checkout / ".env").write_text("SECRET_KEY=mine")
    (checkout / "deploy" / "secrets").mkdir()
    (checkout / "deploy" / "secrets" / "secret_key").write_text("mine")
    (checkout / "new.py").touch()
    return checkout


def test_clean_leaves_what_git_tracks_and_what_a_person_wrote(run: Run, worked_in: Path) -> None:
    assert run("clean").returncode == 0
    left = {path.name for path in worked_in.iterdir()}
    assert left == {name.split("/")[0] for name in COPIED} | {".git", ".env", "new.py"}


def test_secrets_of_a_deployment_are_neither_committed_nor_cleaned_nor_built_in(
    run: Run, worked_in: Path
) -> None:
    assert run("clean").returncode == 0
    assert (worked_in / "deploy" / "secrets" / "secret_key").read_text() == "mine"
    told = subprocess.run(
        ["git", "status", "--short"], cwd=worked_in, check=True, capture_output=True, text=True
    ).stdout
    assert [line for line in told.splitlines() if line.startswith("??")] == ["?? new.py"]
    assert "deploy/secrets" in (PROJECT / ".dockerignore").read_text().splitlines()


def test_clean_does_not_pull_files_from_under_running_servers(run: Run, worked_in: Path) -> None:
    with (worked_in / ".local/servers/users.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert sentence(run("clean")) == (
            "Something still uses the servers in .local/servers; end it (Ctrl-C in its terminal) "
            "and run make clean again."
        )
    assert (worked_in / ".venv" / "bin" / "python").exists()


def test_an_unknown_command_is_refused(run: Run) -> None:
    assert sentence(run("everything")) == (
        "deploy/setup.sh knows environment, browser, lock and clean, not everything."
    )
