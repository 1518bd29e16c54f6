"""Stereotypes that are said plainly: what a group of people is, can or should be, told of all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pipeline.quality.folding import fold_text
from pipeline.quality.words import read_list

SENTENCE = re.compile(r"[^.!?;\n]+[.!?;\n]?")
QUALIFIER = (
    r"(?:(?:usually|often|always|all|just|simply|naturally|really|mostly|typically|generally|by nature"
    r"|too|very|so|more|much|a lot|rather|far|even|still|only|known to be|thought to be) )*"
)
PAST = re.compile(
    r"\b(?:in (?:the )?(?:past|ancient|old|those days|1[0-9]{3}|victorian|medieval)|long ago|back then"
    r"|at that time|until (?:1[0-9]{3}|19|20|the)"
    r"|once (?:thought|believed|said)|used to|people (?:thought|believed|said)|was believed|not true"
    r"|untrue|a myth|stereotype\w*|wrong to|unfair\w*|prejudice\w*|false|mistake"
    r"|were not allowed|was not allowed|could not vote|anyone|whether|both|(?:girls|boys|women"
    r"|men) and (?:girls|boys|women|men)|as well as|just as|equal\w*|too,? (?:can|are))\b"
)  # fmt: skip
NEUTRAL = r"(?! (?:eat|drink|see|hear|walk|speak|celebrate|pray|fast)\b)"  # customs and facts, no judgement
FIXED = (
    r"\blike a (?:little )?girl\b|\bman up\b|\bboys? (?:do not|don't|never) cry\b|\bboys will be boys\b"
    r"|\b(?:a |real )?(?:man|woman|boy|girl)'?s'? (?:job|work|place|toys?|colou?rs?|sports?)\b(?! (?:was"
    r"|were))"
    r"|\bnot (?:a |for )(?:job |sport |game |subject |toy )?(?:for )?(?:girls|boys|women|men)\b"
    r"|\b(?:is|are) (?:only |just |really )?for (?:girls|boys|men|women)(?:,? not (?:for )?(?:girls|boys"
    r"|men|women))?\b"
    r"|\bonly (?:boys|girls|men|women|white people|christians|rich people|real men|muslims"
    r"|jews)\b(?: \w+)? (?:can|should|may|become|are|know|understand|make|play|work|do)\b"
    r"|\breal (?:men|boys|women|girls) (?:do|don't|do not|never|always|are|like|eat|have)\b"
    r"|\bfor a (?:girl|boy|woman|old (?:man|woman|person))\b(?= )"
    r"|\bplace is in the (?:kitchen|home)\b|\bbelongs? (?:in|at|to) (?:the )?(?:kitchen|home|house|stove)\b"
    r"|\b(?:go|send them|sent) back (?:to )?where (?:they|you) came from\b|\bown kind\b|\bmaster race\b"
    r"|\binferior race\b|\bpure blood\w*\b"
)


@dataclass(frozen=True)
class Stereotype:
    """A generalisation and its place; `demeans` where a trait is ascribed, not only a habit."""

    text: str
    start: int
    end: int
    demeans: bool


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    parts = dict(line.split(": ", 1) for line in read_list("groups.txt"))
    group = rf"\b(?:{parts['group']})\b"
    between = r"(?: who [\w ]{1,30}?| from \w+)? "
    be = (
        r"(?:are|is|'re|were born|tend to be|seem|get|can be|will always be|are not|aren't"
        r"|have always been|is not)"
    )
    return (
        re.compile(rf"{group}{between}{QUALIFIER}{be} {QUALIFIER}(?:{parts['trait']})\b"),
        re.compile(rf"{group}{between}{QUALIFIER}(?:{parts['verb']})\b{NEUTRAL}"),
        re.compile(
            rf"\b(?:better|worse|smarter|stronger|weaker|braver|cleverer"
            rf"|slower) (?:at \w+ )?than {group}"
        ),
        re.compile(FIXED),
    )


def find_stereotypes(text: str) -> list[Stereotype]:
    """Plain generalisations about a group of people, one a sentence; what is told as past or as a mistake
    passes.
    """
    folded = fold_text(text)
    found: list[Stereotype] = []
    for sentence in SENTENCE.finditer(folded.text):
        said = sentence.group()
        if PAST.search(said):
            continue
        for place, pattern in enumerate(_patterns()):
            hit = pattern.search(said)
            if hit:
                start, end = folded.span(sentence.start() + hit.start(), sentence.start() + hit.end())
                found.append(Stereotype(text[start:end], start, end, place != 1))
                break
    return found
