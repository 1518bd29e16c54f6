"""Acts that a child must not copy, told as something to do; warnings against them pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pipeline.quality.folding import fold_text, undisguise
from pipeline.quality.words import read_list

Kind = Literal["danger", "care", "secret", "person", "self"]
KINDS: tuple[Kind, ...] = ("danger", "care", "secret", "person", "self")

SENTENCE = re.compile(r"[^.!?;\n]+[.!?;\n]?")
OPENER = re.compile(
    r"^[\W_]*(?:(?:now|first|then|next|after that|finally|so|and|or|just|simply|please|always|quickly"
    r"|carefully"
    r"|at home|today|tonight|tomorrow|kids|children|hey|ok|okay|step \d+|for fun|if you are (?:bored"
    r"|brave|thirsty|hungry)"
    r"|when you are (?:bored|alone|sad|angry|thirsty|hungry)|to [^,.;:]{1,40}(?=[,:]))[,:]?\s+)*"
)  # fmt: skip
DIRECTED = re.compile(
    r"\b(?:you (?:can|could|should|may|might|must|will|need to|have to|ought to|are allowed to|get to"
    r"|want to)(?: \w+ly)?(?: also| even| just| try to)?"
    r"|you'll|you'd better|try(?: to| and)?|trying to|let's|let us|why not|how about|go and|go ahead and"
    r"|feel free to"
    r"|remember to|be sure to|make sure to|be brave and|dare to|dares you to|challenges? you to|how to"
    r"|easy to|fun to|cool to|safe to"
    r"|okay to|ok to|fine to|good to|great to|healthy to|best to|brave to|smart to|clever to|funny to"
    r"|everyone should|everyone can|anyone can"
    r"|(?:children|kids|boys|girls|pupils|students|everybody|everyone) (?:can|could|should|must|may"
    r"|love to|like to)"
    r"|it (?:is|'s) (?:\w+ )?(?:fun|cool|safe|okay|ok|fine|good|great|healthy|brave|smart|funny|easy"
    r"|right)(?: \w+){0,2}(?: to)?"
    r"|homework is to|task is to|experiment(?: at home)?:?|at home:?|game:?|challenge:?)\s*(?:\w+ ){0,3}$"
)  # fmt: skip
CAREFUL = re.compile(
    r"\b(?:with|beside|by|let) (?:an?|your) (?:adult|grown-?up|parent|teacher|mum|mom|dad)\b"
    r"|\b(?:special|eclipse|safety) glasses\b"
)
BY_DOING = re.compile(r"\bby\s*$")  # "… by jumping from the balcony"
MAY = re.compile(
    r"\byou(?:'ll| (?:can|could|may|might|will))(?: \w+ly)?(?: also| even"
    r"| just)?\s*(?:\w+ ){0,3}$"
)
PRAISE = re.compile(
    r"^\W*(?:\w+ ){0,6}?(?:is|are|'s|makes you|feels?|tastes?) (?:really |very |so |totally |completely "
    r"|perfectly |always )*(?:fun|cool|safe|okay|ok|fine|good|great"
    r"|healthy|brave|exciting|funny|harmless|strong|delicious|awesome|happy|popular|amazing)\b"
)  # fmt: skip
WARNED = re.compile(
    r"\b(?:never|don't|do not|don’t|must not|mustn't|mustn’t|should not|shouldn't|should never"
    r"|can't safely|cannot safely|nobody should"
    r"|no one should|no child should|no person should|avoid|avoids|instead of|dangerous|unsafe|not safe"
    r"|isn't safe|harmful"
    r"|illegal|against the law|not allowed|forbidden|wrong to|stay away|keep away|keep out|not to"
    r"|rather than|risky|deadly|warn\w*"
    r"|without (?:an adult|a grown-?up)|only (?:with|when|if) (?:an|a|your) (?:adult|grown-?up|doctor"
    r"|parent)\w*|ask (?:an|a) (?:adult|grown-?up))\b"
)  # fmt: skip


@dataclass(frozen=True)
class HarmfulAct:
    """What is told, its place in the text, and whether the viewer is told to do it (`directed`).

    `kind`: a danger, something that needs care and an adult, a secret from adults, harm to a person or to
    oneself.
    """

    text: str
    start: int
    end: int
    kind: Kind
    directed: bool


@cache
def _acts() -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    found: list[tuple[Kind, re.Pattern[str]]] = []
    for line in read_list("harmful_acts.txt"):
        kind, _, pattern = line.partition(" ")
        found.extend((known, re.compile(rf"\b(?:{pattern})")) for known in KINDS if known == kind)
    return tuple(found)


def find_harmful_acts(text: str) -> list[HarmfulAct]:
    """Every harmful act of the text by place, at most one a sentence and kind."""
    folded = fold_text(text)
    found: dict[tuple[int, int], HarmfulAct] = {}
    for reading in (folded, *undisguise(folded)):
        for start, end, kind, directed in _find(reading.text):
            first, last = reading.span(start, end)
            known = found.get((first, last))
            if known is None or (directed and not known.directed):
                found[first, last] = HarmfulAct(text[first:last], first, last, kind, directed)
    acts = sorted(found.values(), key=lambda act: (act.start, not act.directed))
    return [act for place, act in enumerate(acts) if not any(_covers(other, act) for other in acts[:place])]


def _covers(one: HarmfulAct, other: HarmfulAct) -> bool:
    return one.start < other.end and other.start < one.end and one.directed >= other.directed


def _find(text: str) -> Iterator[tuple[int, int, Kind, bool]]:
    for sentence in SENTENCE.finditer(text):
        said, offset = sentence.group(), sentence.start()
        opening = OPENER.match(said)
        after_opener = opening.end() if opening else 0
        for kind, pattern in _acts():
            for hit in pattern.finditer(said):
                if kind != "secret" and WARNED.search(said):
                    continue
                if kind == "care" and CAREFUL.search(said):
                    continue
                before = said[: hit.start()]
                directed = (
                    kind == "secret"
                    or hit.start() <= after_opener
                    or (
                        DIRECTED.search(before) is not None
                        and not (kind == "self" and MAY.search(before))  # "you can burn your skin" warns
                    )
                    or BY_DOING.search(before) is not None
                    or PRAISE.match(said[hit.end() :]) is not None
                )
                yield offset + hit.start(), offset + hit.end(), kind, directed
                break
