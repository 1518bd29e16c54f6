"""Films bent for the review page: findings with a place, a lock, a ladder that plays."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg

from pipeline import storage
from pipeline.models import Asset, ContentProject, StepRun
from pipeline.planning import plan
from pipeline.steps.base import MadeFile
from studio.models import Creator, EditLock
from tests.studio.factories import little_film


def warn(
    project: ContentProject,
    *,
    field: str = "scenes.2.narration",
    at: float | None = None,
    rule: str = "age.sentence-length",
    verdict: str = "review",
    quote: str = "",
) -> None:
    """Let the checks of the present film find something, with evidence of its place."""
    run = plan(project).qa_run
    assert run is not None
    output = run.output or {}
    filters = {
        "content": "inappropriate_content",
        "accuracy": "factual_accuracy",
        "age": "age_appropriateness",
    }
    record = output["results"]["details"][filters[rule.partition(".")[0]]]
    evidence = {"field": field, "span": None, "quote": quote, "source_span": None, "at_s": at, "frame": None}
    record["checks"].insert(
        0, {"id": rule, "verdict": verdict, "message": f"Something of {rule}", "evidence": evidence}
    )
    if verdict == "block":
        record["verdict"] = output["results"]["verdict"] = "block"
        output["results"]["passed"] = False
    StepRun.objects.filter(pk=run.pk).update(output=output)
    ContentProject.objects.filter(pk=project.pk).update(qa_results=output["results"])
    project.refresh_from_db()


def lock(project: ContentProject, person: Creator) -> EditLock:
    return EditLock.objects.create(project=project, holder=person)


def add_ladder(project: ContentProject) -> None:
    """Real playlists and segments for a film whose other files are canned: a little film as HLS."""
    run = plan(project).film_run
    assert run is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in.mp4").write_bytes(little_film(round((run.output or {})["seconds"])))
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(folder / "in.mp4"), "-c", "copy"]
        command += ["-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]
        command += ["-hls_flags", "single_file", "-hls_segment_filename", "1080.hls.mp4", "1080.m3u8"]
        subprocess.run(command, check=True, timeout=60, cwd=folder)
        (folder / "master.m3u8").write_text(
            "#EXTM3U\n#EXT-X-VERSION:7\n"
            '#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=144x256,CODECS="avc1.42C00B,mp4a.40.2"\n1080.m3u8\n'
        )
        made = [
            MadeFile(one, folder / one, kind)
            for one, kind in (
                ("master.m3u8", "playlist"),
                ("1080.m3u8", "playlist"),
                ("1080.hls.mp4", "segment"),
            )
        ]
        for item in storage.keep(made):
            run.made[item.made.name] = item.checksum
            Asset.objects.filter(run=run, name=item.made.name).update(
                checksum=item.checksum, size=item.size, content_type=item.content_type
            )
    run.save(update_fields=["made"])
