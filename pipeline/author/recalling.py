"""What a recap says of a scene: its key phrase, and beside it what was shown of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.author.casing import Casing
from pipeline.quality.words import content_stems

LONGEST_HEAD, LONGEST_DETAIL = 34, 60  # characters that a recap's card shows well


@dataclass(frozen=True)
class Recalled:
    """A card of the recap; `detail` may be "". The lower the rank, the more it is worth recalling."""

    head: str
    detail: str
    rank: int

    @property
    def item(self) -> str:
        return f"{self.head} | {self.detail}" if self.detail else self.head


def recall(kind: str, text: str, items: Sequence[str], *, casing: Casing) -> Recalled | None:
    """From a scene's kind, key phrase and items (`pipeline.providers.kinds`); None where it is too long.
    `casing` knows the names of the film."""
    head, detail = _sum_up(kind, text, [_split(item) for item in items], casing)
    if not head or len(head) > LONGEST_HEAD:
        return None
    said = set(content_stems(head))
    if len(detail) > LONGEST_DETAIL or set(content_stems(detail)) <= said:
        detail = ""
    detail = detail[:1].upper() + detail[1:]
    if kind == "definition":
        rank = 0 if detail else 1
    elif detail:
        rank = 1
    else:
        rank = 2 if " " in head else 3
    return Recalled(head, detail, rank)


def _sum_up(kind: str, text: str, items: list[tuple[str, str]], casing: Casing) -> tuple[str, str]:
    """(head, detail) of a card; detail "" where the picture of the scene says nothing in words."""
    (first, beside), others = items[0] if items else ("", ""), [one for one, _ in items[1:]]
    head, detail = text, ""
    match kind:
        case "definition":
            detail = beside
        case "timeline" if not others:
            head, detail = first or text, beside
        case "number" | "proportion" if others and not _says(text, others[0]):
            detail = f"{first} {others[0]}"
        case "comparison" if beside and others:
            head, detail = first, f"{beside} than {_lower(others[0], casing)}"
        case "action" if len(others) == 2 and " " not in text:
            head, detail = first, f"{others[0]} {_lower(others[1], casing)}"
        case "process" if len(others) == 1:
            detail = f"{first} → {_lower(others[0], casing)}"
        case "parts" if others:
            detail = _listed(others, casing)
        case "list" | "cycle" | "layers" if others and " " in text:
            detail = _listed([first, *others], casing)
    return head, detail


def _says(text: str, caption: str) -> bool:
    """Whether a key phrase is a statement that says what the caption says."""
    return " " in text and set(content_stems(caption)) <= set(content_stems(text))


def _listed(items: Sequence[str], casing: Casing) -> str:
    return ", ".join([items[0], *(_lower(item, casing) for item in items[1:])])


def _split(item: str) -> tuple[str, str]:
    head, _, detail = item.partition(" | ")
    return head.strip(), detail.strip()


def _lower(text: str, casing: Casing) -> str:
    """A phrase that stood alone, as within a sentence."""
    return text if casing.keeps_capital(text.partition(" ")[0]) else text[:1].lower() + text[1:]
