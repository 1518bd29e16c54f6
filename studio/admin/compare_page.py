"""The page of two versions side by side, and the act that goes back to one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from pipeline import film_versions
from pipeline.film_versions import FilmVersion, ScenePart
from pipeline.models import ContentProject, StepRun
from pipeline.planning import plan
from studio import policy
from studio.admin.film_view import asset_address
from studio.admin.scene_acts import Refused
from studio.admin.wording import say_money
from studio.auditing import audited
from studio.comparing import Comparison, SceneChange, compare_versions
from studio.models import Creator, Review
from studio.policy import User
from studio.rearranging import follow_scenes
from studio.versions import Version, list_versions


def make_comparison(request: HttpRequest, project: ContentProject) -> dict[str, Any]:
    """The context of the page: `?old=1&new=2&all=1`. Without numbers, the film that was last judged (by this
    person, if it was) and the present one; where these are the same, the one before it. Raises Http404 for a
    version that the film does not have."""
    present = plan(project)
    known = list_versions(project, present)
    if not known:
        raise Http404("There is no film yet.")
    now = next((one for one in known if one.is_present), known[-1])
    new = _pick(request, "new", known) or now
    old = (
        _pick(request, "old", known)
        or find_judged(request.user, project, [one for one in known if one.number != new.number])
        or known[max(new.number - 2, 0)]
    )
    former, latter = film_versions.read_versions(project, [old.run_id, new.run_id])
    found = compare_versions(project, former, latter)
    shows_all = request.GET.get("all") == "1"
    base = reverse("admin:pipeline_contentproject_review", args=[project.pk])
    return {
        "title": f"Compare: {project.title or project.concept_prompt}",
        "st_title": "Project",
        "project": project,
        "versions": known,
        "old": _side(old, former),
        "new": _side(new, latter),
        "scenes": [_scene(one) for one in found.scenes if shows_all or one.is_changed],
        "unchanged": len(found.scenes) - found.changed,
        "shows_all": shows_all,
        "comparison": found,
        "cost": say_money(found.cost) if found.cost is not None else "?",
        "is_same": _is_same(found),
        "can_restore": policy.can(request.user, "regenerate", project)
        and project.status != ContentProject.Status.GENERATING,
        "addresses": {
            "review": base,
            "act": f"{base.removesuffix('review/')}act/",
            "compare": request.path,
        },
    }


def find_judged(user: User, project: ContentProject, known: list[Version]) -> Version | None:
    """The version of one's last verdict, else of anybody's last; None where none was judged. One query."""
    verdicts = list(
        Review.objects.filter(project=project).order_by("-created_at", "-id").values_list("reviewer", "film")
    )
    verdicts.sort(key=lambda one: one[0] != user.pk)
    for _, film in verdicts:
        found = next((one for one in known if one.film == film.partition(".")[0]), None)
        if found is not None:
            return found
    return None


def _pick(request: HttpRequest, name: str, known: list[Version]) -> Version | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= len(known)):
        raise Http404("There is no such version.")
    return known[int(text) - 1]


def _side(version: Version, film: FilmVersion) -> dict[str, Any]:
    return {
        "version": version,
        "film": _address(film.film, "film.mp4"),
        "captions": _address(film.film, "captions.vtt"),
        "poster": _address(film.film, "poster.jpg"),
        "is_whole": film.is_whole,
    }


def _address(run: StepRun | None, name: str) -> str:
    """Where a file of a run is shown from; "" for one that it did not make."""
    return asset_address(run, name) if run is not None and name in run.made else ""


def _scene(one: SceneChange) -> dict[str, Any]:
    return {"change": one, "stills": [_still(one.former), _still(one.present)]}


def _still(part: ScenePart | None) -> str:
    return _address(part.composed if part is not None else None, "still.jpg")


def _is_same(found: Comparison) -> bool:
    return not (
        found.changed or found.questions or found.settings or found.findings["new"] or found.findings["fixed"]
    )


def restore_version(project: ContentProject, user: Creator, data: QueryDict) -> str:
    try:
        run_id = UUID(data.get("version", ""))
    except ValueError as error:
        raise Refused(400, "The form has no version. Load the page again.") from error
    with audited(project.pk, "restore_version"):
        restored = film_versions.restore_version(project.pk, run_id, actor_id=user.pk)
        follow_scenes(project.pk, restored.moved)
    return "The version is put back. Nothing is paid again, and what stood until now is kept: undo brings it."
