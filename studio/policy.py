"""Who may do what: the only place that knows roles (07, section 4).

`can(user, verb, project)` answers for one project, `scope(user)` gives the projects a person sees,
and `refusal` says in words why not. Everything that shows or changes a project asks here: admin,
views, media addresses and the API.

Four eyes: whoever created a project, or edited a text or take of it, never judges it. No role and
no superuser is exempt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from pipeline.models import ContentProject, ProjectEvent
from studio.models import AuditEntry, Creator, Review
from videos.models import LearningVideo

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

Status = ContentProject.Status
type User = Creator | AbstractBaseUser | AnonymousUser

CREATOR = "creator"
REVIEWER = "reviewer"
EDITOR = "editor_in_chief"
STAFF = "staff"
OPERATOR = "operator"
ROLES: dict[str, str] = {
    CREATOR: "Creator",
    REVIEWER: "Reviewer",
    EDITOR: "Editor-in-chief",
    STAFF: "Staff",
    OPERATOR: "Operator",
}

ANY = frozenset(Status)
DRAFT = frozenset({Status.DRAFT})
NEEDS_ATTENTION = frozenset({Status.NEEDS_ATTENTION})
IN_REVIEW = frozenset({Status.IN_REVIEW})
OPEN = ANY - {Status.ARCHIVED}
EDITING = frozenset({Status.GENERATING, Status.NEEDS_ATTENTION, Status.IN_REVIEW})
RELEASABLE = frozenset({Status.APPROVED, Status.SCHEDULED, Status.UNPUBLISHED})


class UnknownVerb(LookupError):
    """A verb that the table does not have: a mistake of the caller."""


@dataclass(frozen=True)
class Refusal:
    """Why not: a stable code, and a sentence for the person who wanted it."""

    code: str
    message: str


class Refused(Exception):
    """Something that a person asked for was not done, and nothing was written.

    `code` is stable, `message` says why and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


# --------------------------------------------------------------------------- cells of the table

Condition = Callable[[Creator, ContentProject], bool]


def _all(user: Creator, project: ContentProject) -> bool:
    return True


def _own(user: Creator, project: ContentProject) -> bool:
    return project.creator_id == user.pk


def _own_never_published(user: Creator, project: ContentProject) -> bool:
    return _own(user, project) and project.published_video_id is None


def _reviewed_or_in_review(user: Creator, project: ContentProject) -> bool:
    return project.status == Status.IN_REVIEW or has_reviewed(user, project)


def _own_approval(user: Creator, project: ContentProject) -> bool:
    last = Review.objects.filter(project=project).order_by("-created_at", "-id").first()
    return last is not None and last.reviewer_id == user.pk and last.verdict == Review.Verdict.APPROVED


def _published(user: Creator, project: ContentProject) -> bool:
    return project.status == Status.PUBLISHED or is_live(project)


def _live(user: Creator, project: ContentProject) -> bool:
    return is_live(project)


@dataclass(frozen=True)
class Rule:
    """One row: the statuses it starts from, the condition of each role, and whether four eyes holds."""

    statuses: frozenset[Status]
    roles: Mapping[str, Condition]
    four_eyes: bool = False


JUDGE = (Rule(IN_REVIEW, {REVIEWER: _all, EDITOR: _all}, four_eyes=True),)
TRAIL = (Rule(ANY, {CREATOR: _own, REVIEWER: _reviewed_or_in_review, EDITOR: _all, OPERATOR: _all}),)
RULES: dict[str, tuple[Rule, ...]] = {
    "see": (
        Rule(
            ANY,
            {
                CREATOR: _own,
                REVIEWER: _reviewed_or_in_review,
                EDITOR: _all,
                STAFF: _published,
                OPERATOR: _all,
            },
        ),
    ),
    "edit_brief": (Rule(DRAFT, {CREATOR: _own, EDITOR: _all}),),
    "generate": (Rule(DRAFT, {CREATOR: _own, EDITOR: _all}),),
    "edit_scene": (  # its text; a reviewer who edits counts as an author from then on
        Rule(EDITING, {CREATOR: _own, EDITOR: _all}),
        Rule(IN_REVIEW, {REVIEWER: _all}),
    ),
    "regenerate": (Rule(EDITING, {CREATOR: _own, EDITOR: _all}),),  # takes: picture and voice
    "retry": (Rule(NEEDS_ATTENTION, {CREATOR: _own, EDITOR: _all, OPERATOR: _all}),),
    "rebuild": (  # in review it is the second half of an edit: who may edit there may rebuild
        Rule(NEEDS_ATTENTION, {CREATOR: _own, EDITOR: _all}),
        Rule(IN_REVIEW, {CREATOR: _own, REVIEWER: _all, EDITOR: _all}),
    ),
    "cancel": (Rule(frozenset({Status.GENERATING}), {CREATOR: _own, EDITOR: _all, OPERATOR: _all}),),
    "withdraw": (Rule(IN_REVIEW, {CREATOR: _own, EDITOR: _all}),),
    "comment": (Rule(OPEN, {CREATOR: _own, REVIEWER: _reviewed_or_in_review, EDITOR: _all}),),
    "approve": JUDGE,
    "request_changes": JUDGE,
    "reject": JUDGE,
    "override_warning": JUDGE,
    "override_blocker": (Rule(IN_REVIEW, {EDITOR: _all}, four_eyes=True),),
    "reopen": (
        Rule(frozenset({Status.APPROVED}), {REVIEWER: _own_approval, EDITOR: _all}),
        Rule(frozenset({Status.PUBLISHED, Status.UNPUBLISHED}), {CREATOR: _own, EDITOR: _all}),
    ),
    "publish": (Rule(RELEASABLE, {EDITOR: _all}),),
    "schedule": (Rule(RELEASABLE, {EDITOR: _all}),),
    "cancel_schedule": (Rule(frozenset({Status.SCHEDULED}), {EDITOR: _all}),),
    "unpublish": (Rule(ANY, {EDITOR: _live, STAFF: _live}),),
    "settle_reports": (  # of children, about the present film: whoever made it does not say that it is fine
        Rule(ANY, {REVIEWER: _reviewed_or_in_review, EDITOR: _all}, four_eyes=True),
    ),
    "archive": (Rule(OPEN, {CREATOR: _own_never_published, EDITOR: _all}),),
    "reassign": (Rule(ANY, {EDITOR: _all}),),
    "set_budget": (Rule(ANY, {EDITOR: _all}),),
    "read_trail": TRAIL,
    "read_runs": TRAIL,
}
# Rights that concern no single project.
GENERAL: dict[str, frozenset[str]] = {
    "create": frozenset({CREATOR, EDITOR}),
    "manage_topics": frozenset({EDITOR, STAFF}),
    "manage_rules": frozenset({EDITOR}),  # budgets, prices, rules, reassigning
    "see_students": frozenset({STAFF}),
    "see_answers": frozenset({STAFF}),
    "export": frozenset({STAFF}),
    "see_aggregates": frozenset({STAFF, EDITOR}),
    "see_videos": frozenset(ROLES),
    "see_people": frozenset({EDITOR}),
    "see_own_acts": frozenset(ROLES),
    "operate": frozenset({OPERATOR}),
}

VERBS: frozenset[str] = frozenset(RULES) | frozenset(GENERAL)


# --------------------------------------------------------------------------- facts


def roles_of(user: User) -> frozenset[str]:
    """The roles of a person; a superuser has all of them. One query a user object."""
    if not isinstance(user, Creator) or not user.is_active or not user.is_staff:
        return frozenset()
    known: frozenset[str] | None = getattr(user, "_studio_roles", None)
    if known is None:
        named = set(user.groups.values_list("name", flat=True))
        known = frozenset(ROLES) if user.is_superuser else frozenset(named & set(ROLES))
        user._studio_roles = known  # type: ignore[attr-defined] # noqa: SLF001 - kept for this request only
    return known


def is_author(user: User, project: ContentProject) -> bool:
    """Whether four eyes forbids a verdict: the creator, a former one, or the actor of any edit of text or
    take."""
    if project.creator_id == user.pk:
        return True
    return _authoring_events(user).filter(project=project).exists()


def authored_by(user: User) -> Q:
    """The projects that four eyes keeps from this person's verdict, as a condition."""
    return Q(creator=user.pk) | Q(pk__in=_authoring_events(user).values("project"))


def _authoring_events(user: User) -> QuerySet[ProjectEvent]:
    edited = Q(actor=user.pk, details__authored=True) | Q(actor=user.pk, reason="creator:created")
    return ProjectEvent.objects.filter(edited | Q(reason="studio:reassigned", details__from=str(user.pk)))


def has_reviewed(user: User, project: ContentProject) -> bool:
    return Review.objects.filter(project=project, reviewer_id=user.pk).exists()


def is_live(project: ContentProject) -> bool:
    """Whether children can see a film of this project now."""
    video = project.published_video
    return video is not None and video.status == LearningVideo.Status.PUBLISHED


# --------------------------------------------------------------------------- questions


def can(user: User, verb: str, project: ContentProject | None = None) -> bool:
    """Whether `user` may do `verb` (to `project`, for verbs about a project). Raises UnknownVerb."""
    return refusal(user, verb, project) is None


def roles_for(verb: str) -> frozenset[str]:
    """The roles that may do `verb` to some project: what makes a button worth showing."""
    return frozenset(role for rule in RULES[verb] for role in rule.roles)


def refusal(user: User, verb: str, project: ContentProject | None = None) -> Refusal | None:
    """None where it is allowed; else why not: `forbidden`, `status-not-possible` or `own-work`."""
    if verb in GENERAL:
        if roles_of(user) & GENERAL[verb]:
            return None
        return Refusal("forbidden", "Your role does not include this.")
    if verb not in RULES:
        raise UnknownVerb(verb)
    if project is None:
        raise UnknownVerb(f"{verb} needs a project")
    return _refusal_of_project(user, verb, project)


def _refusal_of_project(user: User, verb: str, project: ContentProject) -> Refusal | None:
    roles = roles_of(user)
    held = [rule for rule in RULES[verb] if roles & set(rule.roles)]
    if not held or not isinstance(user, Creator):
        return Refusal("forbidden", "Your role does not include this.")
    now = [rule for rule in held if project.status in rule.statuses]
    if not now:
        return Refusal(
            "status-not-possible",
            f"This is not possible while a project is {project.get_status_display().lower()}.",
        )
    granted = [
        rule
        for rule in now
        if any(rule.roles[role](user, project) for role in sorted(roles & set(rule.roles)))
    ]
    if not granted:
        if verb == "unpublish":
            return Refusal("status-not-possible", "No film of this project is with students.")
        return Refusal("forbidden", "Your role does not include this for this project.")
    if all(rule.four_eyes for rule in granted) and is_author(user, project):
        return Refusal(
            "own-work",
            "You created this project or edited its text or takes. Somebody else has to judge it.",
        )
    return None


def scope(user: User) -> QuerySet[ContentProject]:
    """The projects that `user` may see. Nothing else may be shown, counted or reached."""
    roles = roles_of(user)
    projects = ContentProject.objects.all()
    if roles & {EDITOR, OPERATOR}:
        return projects
    seen = Q(pk__in=[])
    if CREATOR in roles:
        seen |= Q(creator_id=user.pk)
    if REVIEWER in roles:
        reviewed = Review.objects.filter(reviewer_id=user.pk).values("project")
        seen |= Q(status=Status.IN_REVIEW) | Q(pk__in=reviewed)
    if STAFF in roles:
        live = LearningVideo.objects.filter(status=LearningVideo.Status.PUBLISHED).values("pk")
        seen |= Q(status=Status.PUBLISHED) | Q(published_video__in=live)
    return projects.filter(seen)


def trail_scope(user: User) -> QuerySet[AuditEntry]:
    """The rows of the audit trail that `user` may read: everybody's own acts, creators and reviewers
    also what happened to the projects they see, editor-in-chief and operator all."""
    roles = roles_of(user)
    if roles & {EDITOR, OPERATOR}:
        return AuditEntry.objects.all()
    if not roles:
        return AuditEntry.objects.none()
    seen = Q(actor_id=user.pk)
    if CREATOR in roles:
        seen |= Q(project__in=ContentProject.objects.filter(creator=user.pk).values("pk"))
    if REVIEWER in roles:
        reviewed = Review.objects.filter(reviewer_id=user.pk).values("project")
        in_review = ContentProject.objects.filter(status=Status.IN_REVIEW).values("pk")
        seen |= Q(project__in=reviewed) | Q(project__in=in_review)
    return AuditEntry.objects.filter(seen)
