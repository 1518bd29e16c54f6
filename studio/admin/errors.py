"""Refusals as pages of the shell: what happened, what is kept, what to do, and an id for who is asked.

An answer to a part of a page (htmx, fetch) is the same sentence as a fragment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from studio.auditing import present_trace


@dataclass(frozen=True)
class Explanation:
    title: str
    what: str
    kept: str


EXPLANATIONS: dict[int, Explanation] = {
    403: Explanation(
        "This is not yours to do",
        "Your role does not include this page or this act.",
        "Nothing was changed. Ask the editor-in-chief if you need it.",
    ),
    404: Explanation(
        "There is nothing here for you",
        "The page does not exist, or it is not in what you may see.",
        "Nothing was changed. It may have been given to somebody else, or archived.",
    ),
    409: Explanation(
        "Somebody was faster",
        "What you wanted to change is no longer as you saw it.",
        "Nothing was overwritten. Load the page again and look at what is new.",
    ),
    413: Explanation(
        "This is too large",
        "What was sent is larger than the studio takes: 1 MB for a list, 10 MB for a picture or a recording.",
        "Nothing was read. Cut it in two, or make it smaller, and send it again.",
    ),
    429: Explanation(
        "A little slower, please",
        "So many requests came from you that the studio waits for a moment.",
        "Nothing is lost. Try again in a minute.",
    ),
}


def show_error(
    request: HttpRequest, status: int, context: dict[str, Any], *, detail: str = ""
) -> HttpResponse:
    """The page of one status; `detail` replaces the general sentence where the cause is known."""
    explanation = EXPLANATIONS[status]
    is_part = request.headers.get("HX-Request") == "true"
    page = {
        "explanation": explanation,
        "detail": detail or explanation.what,
        "status": status,
        "request_id": present_trace().request_id,
        "title": explanation.title,
        "st_title": explanation.title,
    }
    template = "studio/parts/error.html" if is_part else "studio/error.html"
    return TemplateResponse(request, template, (context if not is_part else {}) | page, status=status)
