"""What a publication makes: the copies of a film's files, the video's rows, its place among the topics."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from django.utils.text import slugify

from analytics import metrics
from pipeline import storage
from pipeline.models import Asset, ContentProject, StepRun
from students.models import ages_of
from videos.delivery import storage_name
from videos.models import LearningVideo, Rendition, Topic

logger = logging.getLogger(__name__)
UNSET = {  # empty at publication: rows of ours, or what the clock fills in later
    "captions_url",
    "concept",
    "difficulty_level",
    "estimated_difficulty",
    "median_times_ms",
    "subject",
    "supersedes",
    "thumbnail_url",
}
ORIGIN_LABEL = "Made from notes, checked by a person"


class CopyFailed(Exception):
    """A file of the film could not be copied; nothing was published."""

    code = "platform:copy-failed"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def make_film_key(project_id: UUID, film: str, edition: int) -> str:
    """The folder name of a publication: 128 bits that nobody can guess and a repeat finds again."""
    text = f"film-key\n{project_id}\n{film}\n{edition}"
    return hmac.new(settings.MEDIA_SIGNING_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


# --------------------------------------------------------------------------- before


@dataclass(frozen=True)
class Condition:
    """One thing a film needs before it goes out, and whether it has it."""

    text: str
    is_met: bool


def list_conditions(
    *, film_run: StepRun | None, qa_run: StepRun | None, is_approved_film: bool
) -> list[Condition]:
    """What is looked at before a publication: the judged film, its files, its questions, its licences."""
    made = set(film_run.made) if film_run is not None else set()
    facts: dict[str, Any] = (film_run.output or {}) if film_run is not None else {}
    questions = ((qa_run.output or {}) if qa_run is not None else {}).get("questions") or []
    licences = facts.get("licences") or []
    return [
        Condition("The present film is the one that was approved", is_approved_film),
        Condition("Captions", "captions.vtt" in made),
        Condition("Thumbnail", "thumbnail.jpg" in made),
        Condition(
            "Ladder for slow networks", "master.m3u8" in made and len(facts.get("renditions") or []) > 1
        ),
        Condition("Three questions", len(questions) == 3),
        Condition("Every licence is named", all(one.get("licence") for one in licences)),
    ]


# --------------------------------------------------------------------------- files


def copy_film(film_run: StepRun, film_key: str) -> None:
    """Every file of a composed film into the published storage. Safe to repeat. Raises CopyFailed."""
    assets = published_assets(film_run)
    if not any(asset.name == "film.mp4" for asset in assets):
        raise CopyFailed("The film has no file film.mp4. Rebuild it.")
    for asset in assets:
        _copy(asset, storage_name(film_key, asset.name))


def published_assets(film_run: StepRun) -> list[Asset]:
    """What of a film's files a phone may have, by name: all but the frames that only filters look at."""
    return list(film_run.assets.exclude(kind="frame").order_by("name"))


def _copy(asset: Asset, name: str) -> None:
    target = storages["published"]
    if target.exists(name) and target.size(name) == asset.size:
        return
    try:
        with storage.open_asset(asset.checksum) as source:
            storage.write_whole(target, name, source)
    except (OSError, storage.AssetMissing) as error:
        metrics.storage_errors_total.labels("publish").inc()
        raise CopyFailed(f"The file {asset.name} could not be copied. {error}") from error
    if target.size(name) != asset.size:
        raise CopyFailed(f"The file {asset.name} is {asset.size} bytes, its copy is not. Try again.")


def remove_film(film_key: str, names: Iterable[str]) -> None:
    """Delete a film's published copies. Its addresses are dead already; what cannot be deleted is logged."""
    target = storages["published"]
    for name in names:
        try:
            target.delete(storage_name(film_key, name))
        except OSError:
            logger.exception("A withdrawn film's file could not be deleted: %s of %s", name, film_key)


# --------------------------------------------------------------------------- rows


def make_video(
    project: ContentProject,
    *,
    film_run: StepRun,
    qa_run: StepRun,
    script_run: StepRun,
    film_key: str,
    now: datetime,
) -> LearningVideo:
    """The published film and its files as rows, inside the caller's transaction."""
    facts: dict[str, Any] = film_run.output or {}
    script: dict[str, Any] = (script_run.output or {}).get("script") or {}
    topic_name = str(script.get("topic") or "General")[:255]
    former = project.published_video
    ages = ages_of(project.age_group)
    concept = former.concept if former is not None else _concept(project, topic_name, ages)
    if concept is not None and concept.parent is not None:
        topic_name = concept.parent.name
    video = LearningVideo(
        title=project.title or project.concept_prompt[:255],
        topic=topic_name,
        script_content=project.ai_generated_script or "",
        video_url=storage_name(film_key, "film.mp4"),
        thumbnail_url=storage_name(film_key, "thumbnail.jpg"),
        captions_url=storage_name(film_key, "captions.vtt"),
        duration_seconds=max(round(float(facts["seconds"])), 1),
        difficulty_level=script.get("difficulty"),
        age_groups=ages,
        quiz_questions=(qa_run.output or {})["questions"],
        status=LearningVideo.Status.PUBLISHED,
        published_at=now,
        concept=concept,
        film_key=film_key,
        film_fingerprint=film_run.fingerprint,
        language=project.language,
        origin_label=ORIGIN_LABEL,
        burned_captions=project.burned_captions,
        supersedes=former,
        view_count=0,
    )
    video.clean_fields(exclude=UNSET)
    video.save(force_insert=True)
    known = {one.get("file", ""): one for one in facts.get("renditions", [])}
    Rendition.objects.bulk_create(
        Rendition(
            video=video,
            name=asset.name,
            kind=asset.kind,
            width=known.get(asset.name, {}).get("width", asset.width),
            height=known.get(asset.name, {}).get("height", asset.height),
            bandwidth=known.get(asset.name, {}).get("bandwidth"),
            codecs=known.get(asset.name, {}).get("codecs") or "",
            size=asset.size,
            sha256=asset.checksum,
        )
        for asset in published_assets(film_run)
    )
    return video


def _concept(project: ContentProject, topic_name: str, ages: list[int]) -> Topic:
    """The unit of a child's memory: the catalogue's concept of exactly this name, else the project's own
    below the script's topic."""
    listed = Topic.objects.concept_named(project.concept_prompt)
    if listed is not None:
        return listed
    topic, _ = Topic.objects.get_or_create(
        slug=slugify(topic_name)[:200] or "general", parent=None, defaults={"name": topic_name}
    )
    if not set(ages) <= set(topic.age_groups):
        topic.age_groups = sorted({*topic.age_groups, *ages})
        topic.save(update_fields=["age_groups"])
    concept, _ = Topic.objects.get_or_create(
        slug=f"{slugify(project.concept_prompt)[:200] or 'concept'}-{project.pk.hex[-12:]}",
        defaults={"name": project.concept_prompt[:255], "parent": topic, "age_groups": ages},
    )
    return concept
