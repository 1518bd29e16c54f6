"""What is measured, and what must hold (09, section 1.6)."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.feed import site
from benchmarks.feed.world import READERS, student_id
from feed.candidates import find_candidates
from feed.orders import asker_of, make_order
from feed.ranking import Candidate, Profile, rank
from quizzes.ability import Ability
from quizzes.memory import Memory
from students.models import AGE_GROUPS, Session, Student, ages_of
from students.tokens import StudentAccessToken
from videos.models import LearningVideo

CACHED_READERS = 1000  # their pages are kept; the others meet an empty cache, each once
COLD_A_ROUND = 120
SUBMITS_A_ROUND = 300
# name → (gate, goal, whether more is better)
GATES: dict[str, tuple[float, float, bool]] = {
    "cached_to_floor": (0.55, 0.70, True),
    "cold_queries": (3, 2, False),
    "submit_queries": (8, 6, False),
    "progress_queries": (5, 4, False),
    "cold_cpu_ms": (15.0, 10.0, False),
    "p99_to_p50": (4.0, 2.5, False),
    "age_violations": (0, 0, False),
}
PLAIN = (
    "cached_to_trivial",
    "floor_to_trivial",
    "cold_to_trivial",
    "submit_to_trivial",
)  # no gate of their own


class Readers:
    """Signed-in students with many ideas learned."""

    def __init__(self, now: datetime) -> None:
        Session.objects.all().delete()
        sessions = [
            Session(student_id=student_id(number), created_at=now, expires_at=now + timedelta(days=30))
            for number in range(1, READERS + 1)
        ]
        Session.objects.bulk_create(sessions)
        self.tokens = [self._token(session, now) for session in sessions]

    def _token(self, session: Session, now: datetime) -> str:
        token = StudentAccessToken()
        token["sub"], token["sid"] = str(session.student_id), str(session.pk)
        token.set_iat(at_time=now)
        token.set_exp(from_time=now, lifetime=timedelta(hours=2))
        return str(token)

    def request(self, number: int, method: str, path: str, body: Any = None) -> str:
        """The text of an HTTP request of the reader `number`, from 0."""
        written = json.dumps(body) if body is not None else ""
        kind = f"Content-Type: application/json\r\nContent-Length: {len(written)}\r\n" if body else ""
        return (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {self.tokens[number]}\r\n{kind}\r\n{written}"
        )

    def client(self, number: int) -> Client:
        return Client(headers={"authorization": f"Bearer {self.tokens[number]}"})


def measure(folder: Path, *, rounds: int, seconds: float, cards: int) -> dict[str, Any]:
    now = timezone.now()
    readers = Readers(now)
    result: dict[str, Any] = count_statements(readers)
    result |= rank_alone()
    shown, checked = check_ages(readers), check_orders(cards)
    result["age_violations"], result["cards_checked"] = shown[0] + checked[0], shown[1] + checked[1]
    with site.serve(folder) as server:
        generator = site.Generator(server.port)
        try:
            result |= race(server, generator, readers, rounds=rounds, seconds=seconds)
        finally:
            generator.close()
    result["passed"] = not failures(result)
    return result


# --------------------------------------------------------------------------- load


def race(
    server: site.Server, generator: site.Generator, readers: Readers, *, rounds: int, seconds: float
) -> dict[str, Any]:
    """Interleaved rounds; every figure is the median over rounds of a ratio within one round."""
    trivial = ["GET /bench/trivial HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    floor = [readers.request(number, "GET", "/bench/floor") for number in range(CACHED_READERS)]
    cached = [readers.request(number, "GET", "/api/student/feed/me") for number in range(CACHED_READERS)]
    generator.run(trivial, seconds=1.0)
    generator.run(floor, seconds=1.0)
    generator.run(cached)  # every page is made once
    fresh = iter(range(CACHED_READERS + 10, READERS))
    figures: dict[str, list[float]] = {}
    statuses: set[str] = set()
    warm(generator, readers, fresh)
    for _ in range(rounds):
        generator.run(cached)  # pages live five minutes, and their versions change with answers
        base, _ = timed(server, generator, trivial, seconds)
        signed, floor_cpu = timed(server, generator, floor, seconds)
        page, page_cpu = timed(server, generator, cached, seconds)
        cold, cold_cpu = timed(
            server,
            generator,
            [readers.request(next(fresh), "GET", "/api/student/feed/me") for _ in range(COLD_A_ROUND)],
        )
        submit, submit_cpu = timed(server, generator, answers(readers, SUBMITS_A_ROUND))
        for run in (base, signed, page, cold, submit):
            statuses |= set(run["statuses"])
        found = {
            "trivial_rps": rate(base),
            "floor_rps": rate(signed),
            "cached_rps": rate(page),
            "cold_rps": rate(cold),
            "submit_rps": rate(submit),
            "floor_to_trivial": rate(signed) / rate(base),
            "cached_to_trivial": rate(page) / rate(base),
            "cached_to_floor": rate(page) / rate(signed),
            "cold_to_trivial": rate(cold) / rate(base),
            "submit_to_trivial": rate(submit) / rate(base),
            "floor_cpu_ms": floor_cpu,
            "cached_cpu_ms": page_cpu,
            "cold_cpu_ms": cold_cpu,
            "submit_cpu_ms": submit_cpu,
            "p99_to_p50": page["p99_ms"] / page["p50_ms"],
            "cold_p99_to_p50": cold["p99_ms"] / cold["p50_ms"],
            "cold_p50_ms": cold["p50_ms"],
        }
        for name, value in found.items():
            figures.setdefault(name, []).append(value)
    return {name: round(statistics.median(values), 4) for name, values in figures.items()} | {
        "statuses": sorted(statuses),
        "rounds": {name: [round(value, 4) for value in figures[name]] for name in ("cached_to_floor",)},
    }


def warm(generator: site.Generator, readers: Readers, fresh: Iterator[int]) -> None:
    """Statements are prepared, generic plans chosen, code paths run once."""
    generator.run([readers.request(next(fresh), "GET", "/api/student/feed/me") for _ in range(100)])
    generator.run(answers(readers, 60))


def timed(
    server: site.Server, generator: site.Generator, requests: list[str], seconds: float | None = None
) -> tuple[dict[str, Any], float]:
    """The run, and the server's processor milliseconds a request."""
    before = server.processor_seconds()
    run = generator.run(requests, seconds=seconds)
    return run, 1000 * (server.processor_seconds() - before) / run["count"]


def rate(run: dict[str, Any]) -> float:
    return float(run["count"] / run["seconds"])


def answers(readers: Readers, count: int) -> list[str]:
    """Whole cards of three answers, each of another reader; films that suit the reader's age."""
    films = {group: films_for(group) for group in range(4)}
    written = []
    for place in range(count // 3):
        number = place % CACHED_READERS
        group = (number + 1) % 4
        film = films[group][(place * 37 + time.monotonic_ns()) % len(films[group])]
        written += [
            readers.request(
                number,
                "POST",
                "/api/student/quiz-response",
                {
                    "response_id": str(uuid4()),
                    "video_id": str(film),
                    "question_index": index,
                    "user_answer": True,
                    "response_time_ms": 2500,
                    "mode": "watch",
                },
            )
            for index in range(3)
        ]
    return written


def films_for(group: int) -> list[UUID]:
    ages = ages_of(("5-7", "8-10", "11-13", "14-17")[group])
    films = LearningVideo.objects.published().filter(age_groups__contains=ages)
    return list(films.values_list("pk", flat=True)[:500])


# --------------------------------------------------------------------------- statements, ranking, ages


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of what runs inside, without the transaction's own words."""
    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")):
            seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def count_statements(readers: Readers) -> dict[str, Any]:
    """Statements of each call, counted where they are sent."""
    client = readers.client(READERS - 1)
    group = READERS % 4
    readers.client(READERS - 2).get("/api/student/feed/me")  # reads what a process keeps for a minute
    with counted() as cold:
        page = client.get("/api/student/feed/me")
    with counted() as cached:
        client.get("/api/student/feed/me")
    with counted() as progress:
        client.get("/api/student/progress/me")
    spent = []
    for index in range(3):
        body = {
            "response_id": str(uuid4()),
            "video_id": str(films_for(group)[7]),
            "question_index": index,
            "user_answer": True,
            "response_time_ms": 2500,
            "mode": "watch",
        }
        with counted() as submit:
            reply = client.post("/api/student/quiz-response", body, "application/json")
        if reply.status_code != 201:
            raise SystemExit(f"An answer was refused: {reply.content!r}")
        spent.append(len(submit))
    old = [sql for sql in (*cold, *cached) if "quiz_responses" in sql]
    choice = find_candidates(
        student_id(READERS),
        age_group=("5-7", "8-10", "11-13", "14-17")[group],
        soon=timezone.now() + timedelta(days=1),
    )
    return {
        "cached_queries": len(cached),
        "cold_queries": len(cold),
        "submit_queries": max(spent),
        "progress_queries": len(progress),
        "reads_of_old_answers": len(old),
        "candidates": len(choice.candidates),
        "cards": len(page.json()),
    }


def rank_alone() -> dict[str, float]:
    """Processor milliseconds of `rank` with 500 candidates: half known and due, half new."""
    now = datetime(2026, 3, 2, 15, tzinfo=UTC)
    candidates, memories = [], {}
    for number in range(500):
        concept = UUID(int=number + 1)
        candidates.append(
            Candidate(UUID(int=10_000 + number), concept, f"topic {number % 40}", 60, 4.4, 500, 350)
        )
        if number % 2:
            days = timedelta(days=1 + number % 40)
            memories[concept] = Memory(0.6 + number % 40 / 100, 1 + number % 20, 5.0, now - days)
    spent = []
    for seed in range(15):
        began = time.process_time()
        rank(candidates, memories, Profile(Ability(4.4), seed=seed), now, 100)
        spent.append(1000 * (time.process_time() - began))
    return {"rank_500_ms": round(statistics.median(spent), 2)}


def check_ages(readers: Readers, students: int = 40) -> tuple[int, int]:
    """Cards of whole scrolls whose film does not suit every age of the student's group, and all cards."""
    wrong = cards = 0
    for number in range(READERS - 60, READERS - 60 + students):
        client = readers.client(number)
        allowed = set(ages_of(("5-7", "8-10", "11-13", "14-17")[(number + 1) % 4]))
        address: str | None = "/api/student/feed/me"
        while address:
            page = client.get(address)
            for card in page.json():
                cards += 1
                wrong += not allowed <= set(card["age_groups"])
            link = page.headers.get("Link", "")
            address = link.partition("testserver")[2].partition(">")[0] or None
    return wrong, cards


def check_orders(cards: int, *, seed: int = 1) -> tuple[int, int]:
    """Cards of orders made for random students and age groups open to them: (unfit ones, all).

    A card is unfit when its film is not published, or does not suit every age of the group asked for.
    """
    random, now = Random(seed), timezone.now()
    students = Student.objects.count()
    wrong = made = 0
    while made < cards:
        found: dict[str, set[UUID]] = {group: set() for group in AGE_GROUPS}
        for _ in range(100):
            number = random.randint(1, random.choice((READERS, students)))
            student = Student.objects.get(pk=student_id(number))
            group = random.choice(AGE_GROUPS[: AGE_GROUPS.index(student.age_group) + 1])
            asker = asker_of(student, group=group, catalogue=None, now=now)
            asker = replace(asker, is_plain=random.random() < 0.05)
            order = make_order(asker, now=now + timedelta(days=random.random() * 30))
            made += len(order)
            found[group] |= {place.video for place in order}
        for group, videos in found.items():
            fit = LearningVideo.objects.published().for_age_group(group).filter(pk__in=videos).count()
            wrong += len(videos) - fit
    return wrong, made


# --------------------------------------------------------------------------- verdict


def failures(result: dict[str, Any]) -> list[str]:
    wrong = [
        name
        for name, (gate, _, is_more_better) in GATES.items()
        if (result[name] < gate if is_more_better else result[name] > gate)
    ]
    if set(result["statuses"]) - {"200", "201"}:
        wrong.append("statuses")
    return wrong


def show(result: dict[str, Any]) -> None:
    for name, (gate, goal, is_more_better) in GATES.items():
        sign = "≥" if is_more_better else "≤"
        verdict = "FAIL" if name in failures(result) else "pass"
        sys.stdout.write(
            f"  {name:<18} {result[name]:>9}   gate {sign} {gate:<6} goal {sign} {goal:<6} {verdict}\n"
        )
    for name in PLAIN:
        sys.stdout.write(f"  {name:<18} {result[name]:>9}\n")
