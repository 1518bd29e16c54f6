"""Every refusal of a service, as the status and the sentence of a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline import editing, orchestration
from pipeline.media.ffmpeg import MediaFailed, MediaRefused
from pipeline.models import Scene
from pipeline.own_questions import QuestionDoubtful
from studio import changes, commenting, overriding, publishing, reports, reviewing
from studio.admin import question_view
from studio.admin.scene_acts import Refused
from studio.locking import Locked
from studio.models import ChangeItem, Comment

STATUS_OF: dict[str, int] = {
    "answer-unknown": 400,
    "forbidden": 403,
    "never-overridden": 403,
    "notes-required": 400,
    "own-work": 403,
    "question-conflict": 409,
    "reason-required": 400,
    "text-empty": 400,
    "text-too-long": 400,
    "undo-too-late": 409,
}
CONFLICT = 409
UNAVAILABLE = 503


@contextmanager
def refusals() -> Iterator[None]:
    """Every refusal of a service, as the status and the sentence of a page."""
    try:
        yield
    except (
        reviewing.VerdictRefused,
        publishing.PublicationRefused,
        publishing.CopyFailed,
        overriding.OverrideRefused,
        changes.AnswerRefused,
        commenting.CommentRefused,
        reports.SettlingRefused,
    ) as error:
        raise Refused(STATUS_OF.get(error.code, CONFLICT), error.message) from error
    except (orchestration.NotPossible, Locked) as error:
        raise Refused(CONFLICT, error.message) from error
    except MediaRefused as error:
        raise Refused(400, error.message) from error
    except MediaFailed as error:
        raise Refused(UNAVAILABLE, f"{error.message} Nothing was changed.") from error
    except QuestionDoubtful as error:
        raise Refused(400, error.message, findings=question_view.list_findings(error.findings)) from error
    except editing.EditRefused as error:
        raise Refused(STATUS_OF.get(error.code, 400), error.message) from error
    except editing.SceneConflict as error:
        raise Refused(CONFLICT, str(error), scene=error.scene) from error
    except editing.NotEditable as error:
        raise Refused(CONFLICT, str(error)) from error
    except (ChangeItem.DoesNotExist, Comment.DoesNotExist) as error:
        raise Refused(CONFLICT, "It is not there any more. Load the page again.") from error
    except Scene.DoesNotExist as error:
        raise Refused(
            CONFLICT, "There is no such scene in the present script. Load the page again."
        ) from error
