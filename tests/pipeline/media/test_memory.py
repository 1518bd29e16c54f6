"""Memory that a scene has used goes back to the system, so that two at once fit into a small machine."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's settings, and /proc to see them")

# Thirty pictures of 1.6 MB, each with something small behind it that stays; then the pictures go.
WORK = """
import ctypes, re
from pathlib import Path
from pipeline.media import memory
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
{settings}
libc.free(libc.malloc(30 << 20))  # as a set-up does: from now on glibc would keep whatever is smaller
before = resident()
pictures = []
for _ in range(30):
    pictures.append(libc.malloc(1_600_000))
    ctypes.memset(pictures[-1], 1, 1_600_000)
    ctypes.memset(libc.malloc(4_000), 1, 4_000)
full = resident()
for picture in pictures:
    libc.free(picture)
freed = resident()
{trim}
print(round(full - before), round(freed - before), round(resident() - before))
"""


def measure(*, settings: str = "", trim: str = "") -> tuple[int, int, int]:
    """MB over the start: with the pictures, without them, and after trimming."""
    done = subprocess.run(
        [sys.executable, "-c", WORK.format(settings=settings, trim=trim)],
        capture_output=True, text=True, check=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    full, freed, left = map(int, done.stdout.split())
    return full, freed, left


def test_a_freed_picture_goes_back_at_once() -> None:
    full, freed, _ = measure(settings="memory.keep_pictures_apart()")
    assert full > 40
    assert freed < 5


def test_without_the_setting_glibc_would_keep_it() -> None:
    """Else the setting could go."""
    full, freed, _ = measure()
    assert full > 40
    assert freed > 30


def test_what_was_kept_is_given_back_on_request() -> None:
    _, freed, left = measure(trim="memory.give_back()")
    assert freed > 30
    assert left < 10
