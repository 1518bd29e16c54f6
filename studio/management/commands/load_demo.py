"""`manage.py load_demo`: people, students and films to try. Repeating makes nothing twice."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipeline.models import ContentProject
from pipeline.progress_bar import ProgressBar
from students import accounts
from students.models import Student
from studio import demo
from videos.curriculum import STARTER
from videos.curriculum.importing import import_catalogue
from videos.models import Topic

Status = ContentProject.Status


class Command(BaseCommand):
    help = "Make one user per role, a few students and films from the shelf's notes. Development only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--films", type=int, default=3, help="3 to 12: one of each subject")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("load_demo has well-known passwords and is refused outside development.")
        import_catalogue(STARTER.read_bytes())
        topics, concepts = Topic.objects.topics().count(), Topic.objects.concepts().count()
        self.stdout.write(f"  catalogue {topics} topics, {concepts} concepts")
        people = demo.make_people()
        for student in demo.STUDENTS:
            if not Student.objects.filter(username=student.username).exists():
                accounts.register(
                    username=student.username,
                    password=demo.STUDENT_PASSWORD,
                    age_group=student.age_group,
                    time_zone=student.time_zone,
                )
        try:
            for film in demo.choose_films(options["films"]):
                self._make(film, people)
        except demo.DemoFailed as error:
            raise CommandError(str(error)) from error
        refused = demo.try_refused_brief(people)
        if refused is None:
            raise CommandError("A brief with a home address in its notes was not refused.")
        self.stdout.write(f"  refused   {refused.code}: {refused.message}")

    def _make(self, film: demo.DemoFilm, people: dict[str, Any]) -> None:
        bars: list[ProgressBar] = []

        def listen(title: str) -> ProgressBar:
            bars.append(ProgressBar(title).__enter__())
            return bars[0]

        try:
            project, _ = demo.find_or_make_film(film, people, listen=listen)
        finally:
            for bar in bars:
                bar.__exit__(None, None, None)
        name = f"{project.title or project.concept_prompt} ({project.age_group})"
        self.stdout.write(f"  {_outcome(project):<9} {name}")
        for reason in demo.blockers(project):
            self.stdout.write(f"            stopped by the filters: {reason}")


def _outcome(project: ContentProject) -> str:
    return {
        Status.IN_REVIEW: "in review",
        Status.PUBLISHED: "published",
        Status.DRAFT: "draft",
    }.get(Status(project.status), project.get_status_display().lower())
