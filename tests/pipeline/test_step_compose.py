"""The step `compose`: a real film of three short scenes, made once, and what it proves about itself."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from pipeline.media import assembly, ffmpeg, glances, probe, sound
from pipeline.providers.cards import Cards
from pipeline.providers.espeak import Speech
from pipeline.steps.base import Brief, Done, Finished, Job, Output, SceneText, Step, StepError, canonical_json
from pipeline.steps.compose import ComposeStep
from pipeline.steps.visuals import VisualsStep
from pipeline.steps.voice import VoiceStep

BRIEF = Brief(concept="How rain is made", age_group="8-10", source_notes="")
RUNGS = ("1080", "720", "480")


def scene(position: int, role: str, text: str, pause: float = 0.0) -> SceneText:
    return SceneText(
        position=position,
        role=role,
        lines=({"text": text, "sources": []},),
        on_screen_text="Rain" if role != "moment" else "Is rain water?",
        visual_description="rain and clouds",
        visual_kind="statement",
        pause_seconds=pause,
    )


SCENES = [
    scene(0, "hook", "Rain. Turtle. Tomato."),
    scene(1, "moment", "Is rain water?", pause=1.5),
    scene(2, "recap", "Planet. Garden."),
]


@dataclass
class Made:
    """A film and its parts, in folders of their own."""

    root: Path
    done: Finished
    files: dict[str, Path]
    facts: dict[str, object]
    reports: list[float]

    def film(self, name: str) -> Path:
        return self.root / "compose-film-None" / name


def work(made: Made, step: Step, job: Job, provider: object = None) -> Output:
    folder = made.root / f"{step.name}-{job.part}-{job.scene}"
    folder.mkdir()
    for name, checksum in job.files.items():
        shutil.copy(made.files[checksum], folder / name)
    output = step.run(job.inputs, folder, provider=provider, report=made.reports.append)
    assert isinstance(output, Output)
    names = {}
    for file in output.files:
        names[file.name] = f"{folder.name}/{file.name}"
        made.files[names[file.name]] = file.path
    made.done.add(job, Done(output.facts, names, folder.name, job.scene))
    return output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    film = Made(tmp_path_factory.mktemp("film"), Finished(), {}, {}, [])
    film.done.add(Job("script", {}), Done({"script": {"title": "Rain", "topic": "Weather"}}, {}, "s"))
    voice = Speech()
    for job in VisualsStep().jobs(BRIEF, SCENES, film.done):
        work(film, VisualsStep(), job, Cards())
    for job in VoiceStep().jobs(BRIEF, SCENES, film.done):
        work(film, VoiceStep(), job, voice)
    voice.close()
    compose = ComposeStep()
    for job in compose.jobs(BRIEF, SCENES, film.done):
        work(film, compose, job)
    last = compose.jobs(BRIEF, SCENES, film.done)[-1]
    film.reports.clear()
    film.facts = work(film, compose, last).facts
    yield film
    shutil.rmtree(film.root)


# ------------------------------------------------------------------ planning


def finished(*, without: tuple[str, int] | None = None) -> Finished:
    done = Finished()
    for text in SCENES:
        for step, facts, files in (
            ("visuals", {"spec": {"palette": {"name": f"p{text.position}"}}, "fallbacks": []}, {}),
            ("voice", {"seconds": 1.0, "words": [["Rain.", 0.0, 0.9]]}, {"speech.wav": f"w{text.position}"}),
        ):
            if (step, text.position) != without:
                done.add(Job(step, {}, scene=text.position), Done(facts, files, "f", text.position))
    return done


def test_a_scene_waits_for_its_voice_and_its_neighbours_pictures() -> None:
    step = ComposeStep()
    assert [job.scene for job in step.jobs(BRIEF, SCENES, finished())] == [0, 1, 2]
    assert [job.scene for job in step.jobs(BRIEF, SCENES, finished(without=("voice", 1)))] == [0, 2]
    assert [job.scene for job in step.jobs(BRIEF, SCENES, finished(without=("visuals", 0)))] == [2]


def test_a_scene_knows_only_its_neighbours_colours() -> None:
    jobs = ComposeStep().jobs(BRIEF, SCENES, finished())
    assert jobs[0].inputs["previous_palette"] is None
    assert jobs[0].inputs["next_palette"] == {"name": "p1"}
    assert jobs[2].inputs["next_palette"] is None
    assert all("speech.wav" not in job.files for job in jobs)


def test_the_name_in_the_corner_is_the_brands_and_an_input_of_each_scene() -> None:
    jobs = ComposeStep().jobs(replace(BRIEF, brand="Lumen"), SCENES, finished())
    assert {job.inputs["brand"] for job in jobs} == {"Lumen"}


def test_the_film_waits_for_all_scenes() -> None:
    step, done = ComposeStep(), finished()
    facts = {
        "seconds": 1.4,
        "seconds_lead": 0.2,
        "text_contrast": 7.0,
        "fallbacks": [],
        "glance": {},
        "ssim": {},
    }
    files = {f"{rung}.mp4": f"{rung}x" for rung in (*RUNGS, "360")} | {"still.jpg": "s"}
    files |= {name: name for name in glances.FILES}
    for text in SCENES:
        assert [job.part for job in step.jobs(BRIEF, SCENES, done)] == ["scene"] * 3
        done.add(
            Job("compose", {}, part="scene", scene=text.position), Done(facts, files, "f", text.position)
        )
    film = step.jobs(BRIEF, SCENES, done)[-1]
    assert (film.part, film.scene) == ("film", None)
    assert film.files["02-720.mp4"] == "720x"
    assert film.files["01-speech.wav"] == "w1"
    canonical_json(film.inputs)


# ------------------------------------------------------------------ the film


@pytest.mark.film
def test_every_frame_is_there_and_evenly_spaced(made: Made) -> None:
    frames = [made.done.one("compose", part="scene", scene=n) for n in range(3)]
    expected = sum(done.facts["frames"] for done in frames if done is not None)
    for name, size in (("film.mp4", (1080, 1920)), ("720.mp4", (720, 1280)), ("480.mp4", (480, 854))):
        facts = probe.probe(made.film(name))
        assert (facts.width, facts.height) == size
        assert (facts.frames, facts.uneven_frames, facts.fps) == (expected, 0, 30.0)
        assert abs(facts.audio_seconds - facts.seconds) < 0.05
    assert made.facts["frames"] == expected
    assert made.facts["seconds"] == pytest.approx(expected / 30, abs=0.001)


@pytest.mark.film
def test_keyframes_are_the_same_on_every_rung(made: Made) -> None:
    films = [probe.probe(made.film(name)).keyframes for name in ("film.mp4", "720.mp4", "480.mp4")]
    assert films[0] == films[1] == films[2]
    assert len(films[0]) >= 3


@pytest.mark.film
def test_every_file_decodes_without_an_error(made: Made) -> None:
    for name in ("film.mp4", "720.mp4", "480.mp4", "1080.m3u8", "720.m3u8", "480.m3u8", "audio.m3u8"):
        _, log = ffmpeg.run(
            ["-loglevel", "error", "-xerror", "-i", name, "-f", "null", "-"], folder=made.film("")
        )
        assert log == ""


@pytest.mark.film
def test_every_word_of_the_captions_starts_within_25_ms_of_being_heard(made: Made) -> None:
    """Where each voice lies in the finished film's sound, decoded, music and all, and where in it each word
    begins. With the frame that lights it (`test_burned`) that is less than 60 ms."""
    heard = sound.read_sound(made.film("film.mp4"))
    timeline, words, cues = made.facts["timeline"], made.facts["words"], made.facts["cues"]
    assert isinstance(timeline, list)
    assert isinstance(words, list)
    assert isinstance(cues, list)
    for row in timeline:
        voice = sound.read_sound(made.film(f"{row['position']:02}-speech.wav"))
        reach = 12_000  # a quarter of a second to either side
        first = round(row["speech_start"] * 48_000) - reach
        part = heard[max(0, first) : first + len(voice) + 2 * reach]
        size = 1 << (len(part) + len(voice)).bit_length()
        likeness = np.fft.irfft(np.fft.rfft(part, size) * np.conj(np.fft.rfft(voice, size)), size)
        place = int(np.argmax(likeness[: 2 * reach])) + max(0, first)
        starts = [word[1] for word in words if word[3] == row["position"]]
        loud = np.flatnonzero(np.abs(voice) > 0.02)
        breaks = np.flatnonzero(np.diff(loud) > 0.15 * 48_000)
        onsets = [loud[0], *(loud[at + 1] for at in breaks)]
        if row["role"] == "moment":  # one flowing sentence: where it begins
            starts, onsets = starts[:1], onsets[:1]
        heard_at = [(place + onset) / 48_000 for onset in onsets]
        assert len(heard_at) == len(starts)
        assert max(abs(start - at) for start, at in zip(starts, heard_at, strict=True)) < 0.025
    for cue in cues:
        assert any(abs(cue["start"] - word[1]) < 0.001 for word in words)


@pytest.mark.film
def test_the_track_says_what_the_picture_says(made: Made) -> None:
    cues = made.facts["cues"]
    assert isinstance(cues, list)
    track = made.film("captions.vtt").read_text()
    assert track.count(" --> ") == len(cues)
    assert " ".join(cue["text"].replace("\n", " ") for cue in cues) == " ".join(s.narration for s in SCENES)
    assert all(a["end"] <= b["start"] + 0.001 for a, b in pairwise(cues))
    assert made.facts["caption_coverage"] == 1.0


@pytest.mark.film
def test_the_timeline_adds_up(made: Made) -> None:
    timeline = made.facts["timeline"]
    assert isinstance(timeline, list)
    assert [row["role"] for row in timeline] == ["hook", "moment", "recap"]
    assert timeline[0]["start"] == 0
    assert timeline[-1]["end"] == made.facts["seconds"]
    assert all(a["end"] == b["start"] for a, b in pairwise(timeline))
    pause = timeline[1]["end"] - timeline[1]["speech_end"]
    assert 1.5 <= pause <= 1.75
    gap = timeline[1]["speech_start"] - timeline[0]["speech_end"]
    assert gap == pytest.approx(0.35, abs=0.07)


@pytest.mark.film
def test_the_measured_facts_keep_the_promises(made: Made) -> None:
    facts = made.facts
    assert facts["loudness_lufs"] == pytest.approx(-16, abs=1)
    assert isinstance(facts["true_peak_dbtp"], float)
    assert facts["true_peak_dbtp"] <= -1.5
    heard = sound.measure(made.film("film.mp4"))
    assert (heard.lufs, heard.true_peak) == (facts["loudness_lufs"], facts["true_peak_dbtp"])
    assert facts["black"] == []
    for kind in ("flashes_per_second", "red_flashes_per_second"):
        flashes = facts[kind]
        assert isinstance(flashes, float)
        assert flashes <= 1.0  # a cut from a dark scene to a bright one is half a flash
    assert isinstance(facts["text_contrast"], float)
    assert facts["text_contrast"] >= 4.5
    assert (facts["video_codec"], facts["audio_codec"]) == ("h264", "aac")
    canonical_json(facts)


@pytest.mark.film
def test_every_file_is_what_a_phone_plays(made: Made) -> None:
    """yuv420p, High, at most level 4.2, the index in front, constant rate, closed groups, no drift."""
    streams = made.facts["streams"]
    assert isinstance(streams, dict)
    assert set(streams) == {"1080", "720", "480", "360"}
    for stream in streams.values():
        assert (stream["pixels"], stream["profile"]) == ("yuv420p", "High")
        assert stream["level"] <= 4.2
        assert stream["starts_fast"]
        assert stream["closed_groups"]
        assert (stream["fps"], stream["uneven_frames"]) == (30.0, 0)
        assert abs(stream["end_difference"]) < 0.04
    assert made.facts["keyframes_aligned"]
    assert made.facts["segments_aligned"]
    hls = made.facts["hls_end_difference"]
    assert isinstance(hls, float)
    assert abs(hls) < 0.04


@pytest.mark.film
def test_segments_start_at_the_same_frame_on_every_rung(made: Made) -> None:
    """Decoded through each playlist: the frames at which segments begin are keyframes, the same ones."""
    starts = []
    for rung in RUNGS:
        lengths = [
            float(line[8:].rstrip(","))
            for line in made.film(f"{rung}.m3u8").read_text().splitlines()
            if line.startswith("#EXTINF:")
        ]
        frames = [round(sum(lengths[:place]) * 30) for place in range(len(lengths))]
        keyframes = {round(key * 30) for key in probe.probe(made.film(f"{rung}.hls.mp4")).keyframes}
        assert set(frames) <= keyframes
        starts.append(frames)
    assert starts[0] == starts[1] == starts[2]


@pytest.mark.film
def test_keyframes_for_scrubbing_decode_alone(made: Made) -> None:
    playlist = made.film("iframes.m3u8").read_text()
    assert "#EXT-X-I-FRAMES-ONLY" in playlist
    assert 'URI="iframes.m3u8"' in made.film("master.m3u8").read_text()
    whole = made.film("480.hls.mp4").read_bytes()
    head = whole[: int(playlist.split('BYTERANGE="')[1].split("@")[0])]
    ranges = [line[17:].split("@") for line in playlist.splitlines() if line.startswith("#EXT-X-BYTERANGE:")]
    for size, start in ranges:
        alone = made.root / "keyframe.mp4"
        alone.write_bytes(head + whole[int(start) : int(start) + int(size)])
        out, _ = ffmpeg.run(
            ["-i", str(alone), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-"], limit=20
        )
        assert len(out) == 480 * 854


@pytest.mark.film
def test_the_download_is_small_and_stands_in_no_playlist(made: Made) -> None:
    streams = made.facts["streams"]
    assert isinstance(streams, dict)
    assert (streams["360"]["width"], streams["360"]["height"]) == (360, 640)
    seconds = made.facts["seconds"]
    assert isinstance(seconds, float)
    assert made.film("360.mp4").stat().st_size <= 2_400_000 * max(1.0, seconds / 60)
    with av.open(str(made.film("360.mp4"))) as container:
        assert container.streams.audio[0].codec_context.layout.nb_channels == 1
    names = [line for line in made.film("master.m3u8").read_text().splitlines() if line.endswith(".m3u8")]
    assert names == ["1080.m3u8", "720.m3u8", "480.m3u8"]
    assert made.film("poster-small.jpg").stat().st_size <= 40_000


@pytest.mark.film
def test_rungs_look_like_the_film_and_frames_are_kept_for_filters(made: Made) -> None:
    likeness = made.facts["ssim"]
    assert isinstance(likeness, dict)
    assert set(likeness) == {"1080", "720", "480", "360"}
    assert min(likeness[rung] for rung in RUNGS) > 0.97
    assert likeness["360"] > 0.9
    frames, seconds = made.facts["frame_files"], made.facts["seconds"]
    assert isinstance(frames, list)
    assert isinstance(seconds, float)
    assert abs(len(frames) - seconds) <= len(SCENES) / 2
    shown = made.facts["frame_seconds"]
    assert isinstance(shown, list)
    assert len(shown) == len(frames)
    assert all(0.5 <= b - a < 1.5 for a, b in pairwise(shown))
    done = made.done.one("compose", part="film")
    assert done is not None
    assert set(frames) <= set(done.files)


@pytest.mark.film
def test_every_promised_file_is_there_with_its_size(made: Made) -> None:
    done = made.done.one("compose", part="film")
    assert done is not None
    frames = made.facts["frame_files"]
    assert isinstance(frames, list)
    assert set(done.files) == {*assembly.FILES, *frames}
    assert made.facts["sizes"] == {name: made.film(name).stat().st_size for name in assembly.FILES}
    with Image.open(made.film("poster.jpg")) as poster, Image.open(made.film("thumbnail.jpg")) as thumbnail:
        assert (poster.size, thumbnail.size) == ((1080, 1920), (360, 640))


@pytest.mark.film
def test_the_master_playlist_offers_rungs_sound_and_captions(made: Made) -> None:
    text = made.film("master.m3u8").read_text()
    for line in ("1080.m3u8", "720.m3u8", "480.m3u8"):
        assert f"\n{line}\n" in text
    assert 'URI="audio.m3u8"' in text
    assert 'URI="captions.m3u8"' in text
    assert 'CODECS="avc1.64002a,mp4a.40.2",RESOLUTION=1080x1920,FRAME-RATE=30.000' in text
    durations = []
    for rung in RUNGS:
        playlist = made.film(f"{rung}.m3u8").read_text()
        assert f'#EXT-X-MAP:URI="{rung}.hls.mp4"' in playlist
        assert "#EXT-X-ENDLIST" in playlist
        durations.append([line for line in playlist.splitlines() if line.startswith("#EXTINF")])
        ends = [
            sum(map(int, line[17:].split("@")))
            for line in playlist.splitlines()
            if line.startswith("#EXT-X-BYTERANGE:")
        ]
        assert ends[-1] <= made.film(f"{rung}.hls.mp4").stat().st_size
    assert durations[0] == durations[1] == durations[2]


@pytest.mark.film
def test_progress_grows_to_one(made: Made) -> None:
    assert made.reports == sorted(made.reports)
    assert made.reports[0] == 0.0
    assert made.reports[-1] == 1.0


@pytest.mark.film
def test_the_same_scene_gives_the_same_bytes(made: Made, tmp_path: Path) -> None:
    job = ComposeStep().jobs(BRIEF, SCENES, made.done)[2]
    ComposeStep().run(job.inputs, tmp_path)
    for rung in RUNGS:
        first = made.root / "compose-scene-2" / f"{rung}.mp4"
        assert (tmp_path / f"{rung}.mp4").read_bytes() == first.read_bytes()


@pytest.mark.film
def test_a_missing_scene_is_one_error_with_a_code_and_leaves_no_film(made: Made, tmp_path: Path) -> None:
    job = ComposeStep().jobs(BRIEF, SCENES, made.done)[-1]
    for name, checksum in job.files.items():
        shutil.copy(made.files[checksum], tmp_path / name)
    (tmp_path / "01-720.mp4").write_bytes(b"broken")
    with pytest.raises(StepError) as caught:
        ComposeStep().run(job.inputs, tmp_path)
    assert caught.value.code == "platform:render-failed"
    assert not (tmp_path / "film.mp4").exists()


def test_without_burned_captions_the_track_stays() -> None:
    brief = replace(BRIEF, burned_captions=False)
    jobs = ComposeStep().jobs(brief, SCENES, finished())
    assert all(job.inputs["burned_captions"] is False for job in jobs)
