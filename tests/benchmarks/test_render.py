"""The benchmark of rendering, in small: its film, its rivals, and the arithmetic of its figures."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as all_benchmarks
from benchmarks import render, render_film, render_rivals
from benchmarks.processes import Spent, run_measured
from pipeline.media import probe
from pipeline.media.canvas import Frame
from pipeline.media.ladder import RUNGS
from pipeline.quality.notes import check_brief


def round_of(cold: float, *, peak: float = 500.0, **cpu: float) -> render.Round:
    return render.Round(
        cpu={"cold": cold, **cpu},
        cold=Spent(cpu=cold, wall=cold / 2, peak_mb=peak, output=""),
        facts={"seconds": 60.0, "sizes": {"film.mp4": 9}},
        sizes={"film.mp4": 9_000_000},
        quality={},
        steps={},
    )


ROUNDS = [
    round_of(
        40.0,
        limit=32.0,
        three_rungs=30.0,
        medium=90.0,
        veryfast=50.0,
        sentence=10.0,
        picture=8.0,
        nothing=2.0,
    ),
    round_of(44.0, limit=40.0, three_rungs=40.0, sentence=8.8, picture=11.0, nothing=1.1, peak=650.0),
    round_of(60.0, limit=40.0, three_rungs=36.0, medium=100.0, sentence=18.0, picture=15.0, nothing=3.0),
]
PROMISED = {
    "ratio_to_limit", "ratio_to_one_pass", "ratio_one_sentence_edited", "ratio_one_picture_changed",
    "ratio_nothing_changed", "cpu_seconds", "wall_seconds", "peak_rss_mb", "bytes", "passed",
}  # fmt: skip


def test_figures_are_medians_of_the_ratios_within_a_round() -> None:
    result = render.summarise(ROUNDS)
    assert result.keys() >= PROMISED
    assert result["ratio_to_limit"] == 1.25  # of 1.25, 1.1 and 1.5
    assert result["ratio_to_three_rungs"] == 1.333  # of 1.333, 1.1 and 1.667
    assert result["ratio_to_one_pass"] == 0.522  # of 0.444 and 0.6: one round made no one-pass film
    assert result["ratio_one_sentence_edited"] == 0.25
    assert result["ratio_one_picture_changed"] == 0.25
    assert result["ratio_nothing_changed"] == 0.05
    assert (result["cpu_seconds"], result["wall_seconds"], result["peak_rss_mb"]) == (44.0, 22.0, 650.0)


def test_one_figure_beyond_its_gate_fails_the_run() -> None:
    assert not render.summarise(ROUNDS)["passed"]  # 0.522 of the one-pass film
    assert render.summarise(ROUNDS[:2])["passed"]
    too_large = replace(ROUNDS[1], cold=replace(ROUNDS[1].cold, peak_mb=701.0))
    assert not render.summarise([ROUNDS[0], too_large])["passed"]


def test_every_second_round_makes_a_one_pass_film() -> None:
    made = [render._presets(number, quick=False) for number in range(4)]
    assert made == [["medium", "veryfast"], [], ["medium"], []]
    assert render._presets(0, quick=True) == ["medium"]


def test_make_bench_finds_every_benchmark() -> None:
    found = all_benchmarks.find_benchmarks()
    assert {"render", "feed", "learning"} <= set(found)
    assert found == sorted(found)
    assert all_benchmarks.QUICK.keys() <= set(found)


def test_the_fixed_film_is_a_film_that_the_pipeline_takes() -> None:
    findings = check_brief(render_film.CONCEPT, render_film.AGE_GROUP, render_film.notes(), 60, "en")
    assert [finding for finding in findings if finding.blocks] == []
    drafts = render_film.drafts()
    assert [draft.position for draft in drafts] == list(range(8))
    assert (drafts[0].role, drafts[-1].role) == ("hook", "recap")
    assert len({draft.visual_kind for draft in drafts}) >= 5


def test_a_measured_command_counts_its_children_and_says_what_went_wrong() -> None:
    busy = "sum(i * i for i in range(3_000_000))"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}]); print('done')"
    alone, parent = (run_measured([sys.executable, "-c", text]) for text in ("pass", child))
    assert parent.output.strip() == "done"
    assert parent.cpu > alone.cpu
    assert parent.peak_mb > 5
    with pytest.raises(RuntimeError, match="no such luck"):
        run_measured([sys.executable, "-c", "raise SystemExit('no such luck')"])


@pytest.mark.film
def test_the_rivals_make_what_they_are_measured_for(tmp_path: Path) -> None:
    frame = Frame()
    with (tmp_path / "frames.nv12").open("wb") as file:
        for number in range(12):
            frame.y[:], frame.uv[:] = 40 + number, 128
            file.write(memoryview(frame.buffer).cast("B"))
    spent = render_rivals.encode_bare(tmp_path / "frames.nv12", tmp_path)
    assert spent.cpu > 0
    found = {name: probe.probe(tmp_path / f"{name}.mp4") for name in ("1080", "720", "480", "360")}
    assert [(one.width, one.height, one.frames) for one in found.values()] == [
        (1080, 1920, 12), (720, 1280, 12), (480, 854, 12), (360, 640, 12),
    ]  # fmt: skip
    for name in found:
        (tmp_path / f"{name}.mp4").unlink()
    render_rivals.encode_bare(tmp_path / "frames.nv12", tmp_path, rungs=RUNGS)
    assert sorted(path.stem for path in tmp_path.glob("*.mp4")) == ["1080", "480", "720"]
    judged = render_rivals.judge_bare(
        tmp_path / "frames.nv12", tmp_path / "1080.mp4", tmp_path / "quality.json"
    )
    assert judged["ssim"] > 0.95
    assert judged["vmaf"] > 80
