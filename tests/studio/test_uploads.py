"""Own pictures and recordings: what is taken is in the film with its licence, all else refused."""

from __future__ import annotations

import io
import math
import struct
import tempfile
import wave
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from pipeline import editing, storage, taking, undoing, uploading
from pipeline.keeping import delete_files
from pipeline.media.ffmpeg import MediaRefused
from pipeline.models import ContentProject, Scene, StepRun
from pipeline.planning import plan
from pipeline.steps import BY_NAME
from studio import policy
from studio.models import AuditEntry
from tests.studio import factories
from tests.studio.factories import film_of, make_film, make_person
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db


def picture(width: int = 900, height: int = 1600, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (40, 120, 200)).save(out, kind)
    return out.getvalue()


def sound(seconds: float, *, level: float = 0.4) -> bytes:
    """A tone as WAV, 16 kHz mono."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        samples = (round(32767 * level * math.sin(i / 8)) for i in range(int(seconds * 16_000)))
        file.writeframes(b"".join(struct.pack("<h", one) for one in samples))
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes whose head promises 30,000 × 30,000 pixels."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


@pytest.fixture
def project() -> ContentProject:
    return make_film(status="needs_attention")


def send(project: ContentProject, act: str, content: bytes, *, user: Any = None, **data: Any) -> Any:
    name = "picture" if act == "own-picture" else "recording"
    body = {"position": "2", "version": "0", "licence": "own", "source": ""} | data
    body[name] = SimpleUploadedFile("../../etc/passwd.png", content, content_type="image/png")
    address = reverse("admin:pipeline_contentproject_act", args=[project.pk, act])
    return client_of(user or project.creator).post(address, body, headers={"X-Studio-Parts": "1"})


def missing(project: ContentProject) -> set[tuple[str, str, int | None]]:
    return {(one.job.step, one.job.part, one.job.scene) for one in plan(project).missing}


def test_an_own_picture_is_one_free_job_with_its_licence_and_the_old_take_is_kept(
    project: ContentProject,
) -> None:
    film = film_of(project.pk)
    answer = send(project, "own-picture", picture(), licence="cc-by", source="Ada Field, photos.example")
    assert answer.status_code == 200, answer.json()["said"]
    assert ("visuals", "own", 2) in missing(project)
    assert not [one for one in missing(project) if one[0] in {"voice", "script", "quiz"}]
    assert BY_NAME["visuals"].provider_for("own") == ""  # nobody is asked, nobody is paid
    factories.finish(project)
    run = StepRun.objects.get(project=project, step="visuals", part="own")
    spec = (run.output or {})["spec"]
    assert spec["picture"] == {"file": "picture.jpg"}
    assert spec["licences"][-1]["licence"] == "CC BY 4.0"
    assert spec["licences"][-1]["source"] == "Ada Field, photos.example"
    with Image.open(storage.open_asset(run.made["picture.jpg"])) as stored:
        assert (stored.format, stored.size) == ("JPEG", (900, 1600))
    takes = [one for one in plan(project).takes if one.part == "visual"]
    assert [(one.number, one.is_chosen) for one in takes] == [(0, False), (1, True)]
    taking.choose_take(project.pk, 2, part="visual", take=0, actor_id=None)
    assert film_of(project.pk) == film
    editing.edit_scene(project.pk, 2, actor_id=None, narration="Bees dance for each other.")
    taking.choose_take(project.pk, 2, part="visual", take=1, actor_id=None)
    assert not [one for one in missing(project) if one[0] == "visuals"]  # other words need no other picture


def test_an_own_recording_is_heard_until_the_words_change(project: ContentProject) -> None:
    words = plan(project).scenes[2].narration.split()
    answer = send(project, "own-recording", sound(len(words) * 0.4))
    assert answer.status_code == 200, answer.json()["said"]
    job = next(one.job for one in plan(project).missing if one.job.part == "own")
    with tempfile.TemporaryDirectory() as folder:
        storage.fetch(job.files, Path(folder))
        output = BY_NAME["voice"].run(job.inputs, Path(folder))
        assert [word for word, _, _ in output.facts["words"]] == words  # type: ignore[union-attr]
        assert output.facts["timing"] == "estimated"  # type: ignore[union-attr]
        assert output.facts["seconds"] == pytest.approx(len(words) * 0.4, abs=0.05)  # type: ignore[union-attr]
    editing.edit_scene(project.pk, 2, actor_id=None, narration="Bees dance for each other.")
    assert ("voice", "", 2) in missing(project)
    page = client_of(project.creator).get(reverse("admin:pipeline_contentproject_review", args=[project.pk]))
    assert "Your recording says other words" in page.content.decode()
    editing.edit_scene(project.pk, 2, actor_id=None, narration=" ".join(words))
    assert ("voice", "own", 2) in missing(project)


def test_a_file_is_taken_back_by_undo_and_leaves_one_row(project: ContentProject) -> None:
    film, rows = film_of(project.pk), AuditEntry.objects.count()
    send(project, "own-picture", picture())
    assert AuditEntry.objects.count() == rows + 1
    event = undoing.find_undoable(project)
    assert event is not None
    undoing.undo_edit(project.pk, event_id=event.pk, actor_id=None)
    assert film_of(project.pk) == film


@pytest.mark.parametrize(
    ("act", "content", "data", "status", "words"),
    [
        ("own-picture", b"", {}, 400, "no bytes"),
        ("own-picture", b"GIF89a" + bytes(99), {}, 400, "a GIF"),
        ("own-picture", b"<svg xmlns='x'><script/></svg>", {}, 400, "an SVG"),
        ("own-picture", picture()[:700], {}, 400, "damaged"),
        ("own-picture", bomb(), {}, 400, "25 megapixels"),
        ("own-picture", picture(5001, 5000), {}, 400, "It is 5001 × 5000."),
        ("own-picture", picture(300, 900), {}, 400, "360 pixels"),
        ("own-picture", sound(1), {}, 400, "something else"),
        ("own-picture", bytes(10_000_001), {}, 413, "a page takes 10 MB"),
        ("own-picture", picture(), {"licence": ""}, 400, "what allows you"),
        ("own-picture", picture(), {"licence": "cc-by"}, 400, "who made it"),
        ("own-picture", picture(), {"version": "5"}, 409, "Somebody else"),
        ("own-picture", picture(), {"position": "77"}, 409, "no such scene"),
        ("own-recording", b"", {}, 400, "no bytes"),
        ("own-recording", picture(), {}, 400, "WAV, MP3, AAC and FLAC"),
        ("own-recording", sound(4)[:30], {}, 400, "cannot be decoded"),
        ("own-recording", sound(4, level=0), {}, 400, "Nothing can be heard"),
        ("own-recording", sound(0.3), {}, 400, "words;"),
    ],
)
def test_a_bad_file_is_refused_with_what_to_do_and_nothing_is_changed(
    *, project: ContentProject, act: str, content: bytes, data: dict[str, str], status: int, words: str
) -> None:
    film, rows = film_of(project.pk), AuditEntry.objects.count()
    answer = send(project, act, content, **data)
    assert (answer.status_code, words in answer.json()["said"]) == (status, True), answer.json()["said"]
    assert (film_of(project.pk), AuditEntry.objects.count()) == (film, rows)
    assert not Scene.objects.exclude(own={}).exists()


def test_only_who_may_choose_takes_may_send_files_and_only_when_it_can_be_edited(
    project: ContentProject,
) -> None:
    assert send(project, "own-picture", picture(), user=make_person("creator")).status_code == 404
    waiting = make_film()
    assert send(waiting, "own-picture", picture(), user=make_person("reviewer")).status_code == 403
    done = make_film(status="approved")
    assert send(done, "own-picture", picture()).status_code == 409


def test_the_same_file_for_two_scenes_is_stored_once(project: ContentProject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sent = Path(folder) / "sent"
        sent.write_bytes(picture())
        for position in (2, 3):
            scene = uploading.use_own_picture(project.pk, position, sent=sent, licence="own", actor_id=None)
            assert storage.is_stored(scene.own["visual"]["1"]["file"])
        sent.write_bytes(b"x")
        with pytest.raises(MediaRefused):
            uploading.use_own_picture(project.pk, 4, sent=sent, licence="own", actor_id=None)
    files = {one.own["visual"]["1"]["file"] for one in Scene.objects.exclude(own={})}
    assert len(files) == 1


def test_what_was_given_goes_with_its_project_and_not_with_another(project: ContentProject) -> None:
    other = make_film(status="needs_attention")
    send(project, "own-picture", picture(), position="2")
    send(project, "own-recording", sound(3), position="3", version="0")
    send(other, "own-picture", picture())
    files = {one.project_id: one.own_files for one in Scene.objects.exclude(own={}).order_by("-position")}
    shared = files[other.pk]
    event = undoing.find_undoable(project)
    assert event is not None
    undoing.undo_edit(project.pk, event_id=event.pk, actor_id=None)  # of the recording, which stays a file
    given = event.details["after"]["own"]["voice"]["1"]["file"]
    delete_files(project)
    assert not storage.is_stored(given)
    assert [storage.is_stored(one) for one in shared] == [True]


def test_twenty_files_an_hour_are_taken_from_one_person_and_the_next_is_told_when(
    project: ContentProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    caches["default"].clear()
    monkeypatch.setattr(
        "students.throttles.time.time", lambda: 7_000_000 * 3600 + 600.0
    )  # in the middle of an hour
    for _ in range(20):
        assert send(project, "own-picture", b"no picture").status_code == 400
    refused = send(project, "own-picture", picture())
    assert refused.status_code == 429
    assert "is taken in" in refused.json()["said"]
    assert "nothing was changed" in refused.json()["said"]
    other = make_person(policy.EDITOR)
    assert send(project, "own-picture", b"no picture", user=other).status_code == 400
