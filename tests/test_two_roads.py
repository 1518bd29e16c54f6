"""Both roads in one go, with nothing replaced: notes → film → verdict → feed → answer → what comes next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from pipeline.author.shelf import all_notes
from pipeline.models import ContentProject, StepRun
from pipeline.quality.notes import split
from studio.models import Creator

PASSWORD = "a long enough password"
JSON = "application/json"
NOTE = next(note for note in all_notes() if note.name == "water-cycle")


def make_video(capsys: pytest.CaptureFixture[str], folder: Path, notes: str) -> dict[str, Any]:
    """What `manage.py make_video --json` prints as its last line."""
    path = folder / "notes.txt"
    path.write_text(notes)
    capsys.readouterr()
    call_command(
        "make_video",
        "--json",
        f"--concept={NOTE.concept}",
        f"--notes={path}",
        f"--age-group={NOTE.age_group}",
        f"--out={folder / 'out'}",
        "--seconds=50",
    )
    result: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return result


def sign_in_creator(role: str) -> Client:
    """A client with a bearer token of a new person in this role."""
    person = Creator.objects.create_user(f"{role}@example.org", PASSWORD)
    person.groups.add(Group.objects.get_or_create(name=role)[0])
    reply = Client().post("/api/creator/token", {"email": person.email, "password": PASSWORD}, JSON)
    assert reply.status_code == 200, reply.content
    return Client(headers={"authorization": f"Bearer {reply.json()['access']}"})


def register_student() -> Client:
    reply = Client().post(
        "/api/student/register",
        {"username": "brave-otter-17", "password": "three green apples", "age_group": NOTE.age_group},
        JSON,
    )
    assert reply.status_code == 201, reply.content
    return Client(headers={"authorization": f"Bearer {reply.json()['access']}"})


def read(reply: Any) -> bytes:
    return b"".join(reply.streaming_content) if reply.streaming else reply.content


def assert_is_a_film(result: dict[str, Any]) -> None:
    """45-90 s of 1080×1920 H.264 and AAC, every sentence traceable, three questions with both answers."""
    with av.open(result["film"]) as film:
        picture, sound = film.streams.video[0], film.streams.audio[0]
        assert (picture.width, picture.height) == (1080, 1920)
        assert (picture.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        seconds = float(film.duration or 0) / av.time_base
    assert 45.0 <= seconds <= 90.0
    assert abs(seconds - result["duration_seconds"]) < 0.1
    sentences = {sentence.id: sentence.text for sentence in split(NOTE.notes)}
    told = [line for scene in result["scenes"] if scene["role"] == "scene" for line in scene["lines"]]
    assert told
    assert all(line["sources"] and line["text"] in sentences[line["sources"][0]] for line in told)
    questions = result["quiz_questions"]
    assert len(questions) == 3
    assert {question["answer"] for question in questions} == {True, False}
    assert all(0 < question["taught_at_seconds"] <= seconds for question in questions)
    assert result["qa"]["passed"] is True
    assert set(result["qa"]["details"]) == {
        "inappropriate_content",
        "factual_accuracy",
        "age_appropriateness",
        "educational_value",
    }
    assert Path(result["captions"]).read_text().startswith("WEBVTT")
    assert Path(result["thumbnail"]).stat().st_size > 1000


def publish(project_id: str) -> dict[str, Any]:
    """Other eyes approve the film they saw; the editor-in-chief publishes it. Twice is once."""
    reviewer, editor = sign_in_creator("reviewer"), sign_in_creator("editor_in_chief")
    review = reviewer.get(f"/api/creator/review/{project_id}").json()
    verdict = {"film": review["film"], "notes": "Clear and true."}
    stale = reviewer.post(
        f"/api/creator/review/{project_id}/approve", verdict | {"film": "0" * 64 + "." + "0" * 64}, JSON
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "stale-film")
    approved = reviewer.post(f"/api/creator/review/{project_id}/approve", verdict, JSON)
    assert approved.status_code == 200, approved.content
    body = {"request_id": str(uuid4())}
    first = editor.post(f"/api/creator/projects/{project_id}/publish", body, JSON)
    again = editor.post(f"/api/creator/projects/{project_id}/publish", body, JSON)
    assert (first.status_code, again.status_code) == (200, 200), first.content
    assert first.json() == again.json()
    video: dict[str, Any] = first.json()["video"]
    return video


def assert_plays(card: dict[str, Any]) -> None:
    """Without signing in again: master playlist → rung → its bytes, captions, and a range of the film."""
    player = Client()
    hls = card["playback"]["hls_url"]
    folder = hls.rpartition("/")[0]
    master = read(player.get(hls)).decode()
    assert "RESOLUTION=1080x1920" in master
    rung = next(line for line in master.splitlines() if line.endswith(".m3u8") and not line.startswith("#"))
    playlist = read(player.get(f"{folder}/{rung}")).decode()
    segment = next(line for line in playlist.splitlines() if line and not line.startswith("#"))
    assert player.get(f"{folder}/{segment}", headers={"range": "bytes=0-999"}).status_code == 206
    assert read(player.get(card["playback"]["captions_url"])).startswith(b"WEBVTT")
    part = player.get(card["playback"]["renditions"]["480p"], headers={"range": "bytes=0-99"})
    assert (part.status_code, len(read(part))) == (206, 100)
    assert player.get(hls.replace(hls.split("/")[-2], "0" * 32)).status_code in {403, 404}


@pytest.mark.film
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_notes_become_a_film_that_a_child_is_taught_by(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    result = make_video(capsys, tmp_path, NOTE.notes)
    assert_is_a_film(result)
    assert result["reused"] == 0

    again = make_video(capsys, tmp_path, NOTE.notes)
    assert (again["made"], again["seconds_by_step"]) == ([], {})
    assert StepRun.objects.filter(attempt__gt=1).count() == 0

    student = register_student()
    assert student.get("/api/student/feed/me").json() == []
    video = publish(result["project_id"])
    cards = student.get("/api/student/feed/me").json()
    assert [(card["id"], card["mode"], card["preload"]) for card in cards] == [(video["id"], "watch", True)]
    asked = cards[0]["quiz_questions"]
    assert [set(question) for question in asked] == [{"index", "question", "taught_at_seconds"}] * 3
    assert 1 <= cards[0]["difficulty_level"] <= 10
    assert_plays(cards[0])

    watch = {
        "watch_id": str(uuid4()),
        "video_id": video["id"],
        "seconds_watched": result["duration_seconds"],
        "furthest_second": result["duration_seconds"],
        "completed": True,
        "started_at": timezone.now().isoformat(),
    }
    assert student.post("/api/student/watches", watch, JSON).status_code == 201
    for index, question in enumerate(result["quiz_questions"]):
        answer = {
            "response_id": str(uuid4()),
            "video_id": video["id"],
            "question_index": index,
            "user_answer": question["answer"],
            "response_time_ms": 2500,
            "mode": "watch",
        }
        reply = student.post("/api/student/quiz-response", answer, JSON)
        assert (reply.status_code, reply.json()["is_correct"]) == (201, True)
        repeated = student.post("/api/student/quiz-response", answer, JSON)
        assert (repeated.status_code, repeated.json()["explanation"]) == (200, question["explanation"])
    progress = student.get("/api/student/progress/me").json()
    assert progress["quiz_accuracy"] == 1.0
    assert progress["total_videos_watched"] == 1
    assert progress["current_streak"]["days"] == 1
    assert [topic["concepts_total"] for topic in progress["topics"]] == [1]
    events = ContentProject.objects.get(pk=result["project_id"]).events.order_by("id")
    moves = [event.to_status for event in events if event.from_status != event.to_status]
    assert moves == ["generating", "in_review", "approved", "published"]
