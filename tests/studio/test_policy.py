"""Every cell of the table of roles: verb × status × role × whose project, written out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from pipeline.models import ContentProject
from studio import policy
from studio.models import Creator, Review
from tests.studio.factories import author, make_draft, make_person
from videos.models import LearningVideo

pytestmark = pytest.mark.django_db

DRAFT, GENERATING, ATTENTION, REVIEW, APPROVED, SCHEDULED, PUBLISHED, UNPUBLISHED, ARCHIVED = ALL = (
    "draft",
    "generating",
    "needs_attention",
    "in_review",
    "approved",
    "scheduled",
    "published",
    "unpublished",
    "archived",
)
OPEN = ALL[:-1]
ROLES = ("creator", "reviewer", "editor_in_chief", "staff", "operator")

# verb → role → (statuses on the person's own project, statuses on somebody else's). A role that is
# not named may do it nowhere. "Else's" projects were never reviewed by the person and are not live.
type Cells = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
JUDGED: Cells = {"reviewer": ((), (REVIEW,)), "editor_in_chief": ((), (REVIEW,))}
EDITING = (GENERATING, ATTENTION, REVIEW)
RELEASE = (APPROVED, SCHEDULED, UNPUBLISHED)
TABLE: dict[str, Cells] = {
    "see": {
        "creator": (ALL, ()),
        "reviewer": ((REVIEW,), (REVIEW,)),
        "editor_in_chief": (ALL, ALL),
        "staff": ((PUBLISHED,), (PUBLISHED,)),
        "operator": (ALL, ALL),
    },
    "edit_brief": {"creator": ((DRAFT,), ()), "editor_in_chief": ((DRAFT,), (DRAFT,))},
    "generate": {"creator": ((DRAFT,), ()), "editor_in_chief": ((DRAFT,), (DRAFT,))},
    "edit_scene": {
        "creator": (EDITING, ()),
        "reviewer": ((REVIEW,), (REVIEW,)),
        "editor_in_chief": (EDITING, EDITING),
    },
    "regenerate": {"creator": (EDITING, ()), "editor_in_chief": (EDITING, EDITING)},
    "retry": {
        "creator": ((ATTENTION,), ()),
        "editor_in_chief": ((ATTENTION,), (ATTENTION,)),
        "operator": ((ATTENTION,), (ATTENTION,)),
    },
    "rebuild": {
        "creator": ((ATTENTION, REVIEW), ()),
        "reviewer": ((REVIEW,), (REVIEW,)),
        "editor_in_chief": ((ATTENTION, REVIEW), (ATTENTION, REVIEW)),
    },
    "cancel": {
        "creator": ((GENERATING,), ()),
        "editor_in_chief": ((GENERATING,), (GENERATING,)),
        "operator": ((GENERATING,), (GENERATING,)),
    },
    "settle_reports": {"reviewer": ((), (REVIEW,)), "editor_in_chief": ((), ALL)},
    "withdraw": {"creator": ((REVIEW,), ()), "editor_in_chief": ((REVIEW,), (REVIEW,))},
    "comment": {
        "creator": (OPEN, ()),
        "reviewer": ((REVIEW,), (REVIEW,)),
        "editor_in_chief": (OPEN, OPEN),
    },
    "approve": JUDGED,
    "request_changes": JUDGED,
    "reject": JUDGED,
    "override_warning": JUDGED,
    "override_blocker": {"editor_in_chief": ((), (REVIEW,))},
    "reopen": {
        "creator": ((PUBLISHED, UNPUBLISHED), ()),
        "editor_in_chief": ((APPROVED, PUBLISHED, UNPUBLISHED), (APPROVED, PUBLISHED, UNPUBLISHED)),
    },
    "publish": {"editor_in_chief": (RELEASE, RELEASE)},
    "schedule": {"editor_in_chief": (RELEASE, RELEASE)},
    "cancel_schedule": {"editor_in_chief": ((SCHEDULED,), (SCHEDULED,))},
    "unpublish": {},
    "archive": {"creator": (OPEN, ()), "editor_in_chief": (OPEN, OPEN)},
    "reassign": {"editor_in_chief": (ALL, ALL)},
    "set_budget": {"editor_in_chief": (ALL, ALL)},
    "read_trail": {
        "creator": (ALL, ()),
        "reviewer": ((REVIEW,), (REVIEW,)),
        "editor_in_chief": (ALL, ALL),
        "operator": (ALL, ALL),
    },
    "read_runs": {
        "creator": (ALL, ()),
        "reviewer": ((REVIEW,), (REVIEW,)),
        "editor_in_chief": (ALL, ALL),
        "operator": (ALL, ALL),
    },
}
GENERAL = {
    "create": {"creator", "editor_in_chief"},
    "manage_rules": {"editor_in_chief"},
    "manage_topics": {"editor_in_chief", "staff"},
    "see_students": {"staff"},
    "see_answers": {"staff"},
    "export": {"staff"},
    "see_aggregates": {"staff", "editor_in_chief"},
    "see_videos": set(ROLES),
    "see_people": {"editor_in_chief"},
    "see_own_acts": set(ROLES),
    "operate": {"operator"},
}


def allowed_statuses(user: Creator, verb: str, project: ContentProject) -> list[str]:
    found = []
    for status in ALL:
        project.status = status
        if policy.can(user, verb, project):
            found.append(status)
    return found


def test_the_table_names_every_verb_of_the_policy_and_no_other() -> None:
    assert set(TABLE) | set(GENERAL) == policy.VERBS


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("verb", sorted(TABLE))
def test_a_role_may_do_exactly_what_its_cell_says(verb: str, role: str) -> None:
    user = make_person(role)
    own, others = TABLE[verb].get(role, ((), ()))
    assert allowed_statuses(user, verb, make_draft(user)) == list(own)
    assert allowed_statuses(user, verb, make_draft()) == list(others)


@pytest.mark.parametrize("verb", sorted(GENERAL))
def test_rights_without_a_project_belong_to_exactly_these_roles(verb: str) -> None:
    assert {role for role in ROLES if policy.can(make_person(role), verb)} == GENERAL[verb]


@pytest.mark.parametrize("verb", ["approve", "request_changes", "reject", "override_warning"])
def test_nobody_judges_what_they_edited_not_even_a_superuser(verb: str) -> None:
    project = make_draft(status=REVIEW)
    people = [make_person("reviewer"), make_person("editor_in_chief"), make_person(is_superuser=True)]
    assert [policy.can(user, verb, project) for user in people] == [True, True, True]
    for user in people:
        author(project, user)
        assert policy.refusal(user, verb, project) == policy.Refusal(
            "own-work", "You created this project or edited its text or takes. Somebody else has to judge it."
        )
    owner = make_person(is_superuser=True)
    assert policy.can(owner, verb, make_draft(owner, status=REVIEW)) is False


def test_an_event_that_is_no_edit_does_not_make_an_author() -> None:
    project = make_draft(status=REVIEW)
    user = make_person("reviewer")
    project.events.create(
        from_status=REVIEW, to_status=REVIEW, actor=user, reason="x", details={"authored": False}
    )
    assert policy.can(user, "approve", project) is True


def test_a_superuser_has_every_role() -> None:
    assert policy.roles_of(make_person(is_superuser=True)) == frozenset(ROLES)


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_staff": False}])
def test_who_is_inactive_or_not_of_the_studio_may_do_nothing_and_sees_nothing(
    fields: dict[str, Any],
) -> None:
    user = make_person("editor_in_chief", **fields)
    project = make_draft(user)
    assert policy.roles_of(user) == frozenset()
    assert policy.can(user, "see", project) is False
    assert list(policy.scope(user)) == []
    assert list(policy.scope(AnonymousUser())) == []
    assert policy.can(AnonymousUser(), "see", project) is False


def test_a_reviewer_keeps_seeing_what_they_reviewed_and_reopens_only_their_own_approval() -> None:
    mine, others = make_person("reviewer"), make_person("reviewer")
    project = make_draft(status=APPROVED)
    Review.objects.create(project=project, reviewer=mine, verdict="approved", film="a.b")
    assert policy.can(mine, "see", project) is True
    assert policy.can(mine, "comment", project) is True
    assert policy.can(mine, "reopen", project) is True
    assert policy.can(others, "see", project) is False
    assert policy.can(others, "reopen", project) is False
    assert list(policy.scope(mine)) == [project]
    assert list(policy.scope(others)) == []
    Review.objects.create(project=project, reviewer=others, verdict="approved", film="a.b")
    assert policy.can(mine, "reopen", project) is False


def live_video() -> LearningVideo:
    from django.utils import timezone  # noqa: PLC0415

    return LearningVideo.objects.create(
        title="Bees",
        topic="Animals",
        script_content="Bees.",
        video_url="films/x/film.mp4",
        duration_seconds=60,
        age_groups=[8, 9, 10],
        quiz_questions=[],
        status="published",
        published_at=timezone.now(),
    )


def test_a_live_film_can_be_taken_offline_by_editor_and_staff_from_any_status() -> None:
    project = make_draft(published_video=live_video())
    assert allowed_statuses(make_person("editor_in_chief"), "unpublish", project) == list(ALL)
    assert allowed_statuses(make_person("staff"), "unpublish", project) == list(ALL)
    for role in ("creator", "reviewer", "operator"):
        assert allowed_statuses(make_person(role), "unpublish", project) == []


def test_a_creator_cannot_archive_what_was_published_once() -> None:
    user = make_person("creator")
    assert allowed_statuses(user, "archive", make_draft(user, published_video=live_video())) == []


def test_the_scope_holds_exactly_what_may_be_seen() -> None:
    owner = make_person("creator")
    projects = [make_draft(owner, status=status) for status in ALL]
    projects.append(make_draft(status=REVIEW, published_video=live_video()))
    for role in ROLES:
        user = make_person(role)
        visible = {project.pk for project in projects if policy.can(user, "see", project)}
        assert set(policy.scope(user).values_list("pk", flat=True)) == visible, role
    assert set(policy.scope(owner)) == set(projects[:-1])


def test_an_unknown_verb_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(policy.UnknownVerb):
        policy.can(make_person("creator"), "fly", make_draft())
    with pytest.raises(policy.UnknownVerb):
        policy.can(make_person("creator"), "approve")
