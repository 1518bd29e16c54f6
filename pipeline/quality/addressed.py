"""Sentences that speak to whoever makes or checks a film, in words that no list of orders has.

A lesson states what is so in the world. A sentence that orders, or declares something void, and at the same
time speaks of what only a maker has before him (the script, the text above, a policy, a field of an answer)
is none. One such thing is enough where it is plain, two where lessons may have one of them as well. It is a
doubt, never a block: a person looks.
"""

from __future__ import annotations

import re
from functools import cache

from pipeline.quality.folding import fold_text
from pipeline.quality.injection import Order
from pipeline.quality.words import read_list

SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
# Somebody is told to do something, or that something no longer holds.
SPOKEN_TO = (
    # an order at the start of a sentence, a clause or a quotation
    (
        r"(?:^|[\"'“„‘(\[:;,>*•—-])[\s\"'“„‘(\[*#>-]*"
        r"(?:(?:please|now|then|also|and|just|kindly|silently|instead|next|first)\s+)*(?:{verbs})\b"
    ),
    (
        r"\b(?:and|then|but|or|to|please|kindly|silently)\s+(?:never |only |always )?"
        r"(?:{verbs})\b(?=.*\b(?:you|your)\b)"
    ),
    r"\byou(?:'re| are| must| shall| should| will| have to| need to| can now| may now)\b",
    r"\byour (?:new|real|only|next|own|safety|previous|training|programming)\b",
    r"\b(?:shall|must|should|has to|have to) (?:now |only |always |never )?(?:{verbs})\b",
    r"\b(?:authori[sz]\w+|allow\w*|permi\w+|told) you\b",
    r"^\W*(?:computer|robot|a\.?i\.?|assistant|model|bot|machine|system|narrator|reviewer|editor)\s*[,:]",
    # what was said before holds no longer
    r"\bdo(?:es)?(?: not|n'?t) (?:matter|count|apply)\b",
    r"\bno longer (?:matters?|applies|counts?|valid|needed)\b",
    (
        r"\b(?:is|are|was|were|been|now|guidance|consider\w*|as) "
        r"(?:cancelled|canceled|void|lifted|removed|disabled|closed|approved|cleared|authori[sz]ed|granted)\b"
    ),
    r"^\W*(?:\w+ ){0,3}(?:{things})\b[^:.!?]{0,12}:",
    r"\b(?:begins?|starts?) here\b|\bnew rules?\b",
)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """How it is spoken, the plain things, the possible ones."""
    lists: dict[str, list[str]] = {"making": [], "perhaps": [], "verb": []}
    for line in read_list("addressed.txt"):
        kind, _, words = line.partition(": ")
        lists[kind].append(words)
    verbs, things = "|".join(lists["verb"]), "|".join([*lists["making"], *lists["perhaps"]])
    spoken = "|".join(f"(?:{one.replace('{verbs}', verbs).replace('{things}', things)})" for one in SPOKEN_TO)
    return (
        re.compile(spoken),
        re.compile(rf"\b(?:{'|'.join(lists['making'])})\b"),
        re.compile(rf"\b(?:{'|'.join(lists['perhaps'])})\b"),
    )


def find_addressed(text: str) -> list[Order]:
    """Every such sentence by place, as written."""
    spoken, making, perhaps = _patterns()
    folded = fold_text(text)
    found = []
    for sentence in SENTENCE.finditer(folded.text):
        said = sentence.group().strip()
        if not spoken.search(said):
            continue
        plain = making.search(said)
        doubtful = {hit.group() for hit in perhaps.finditer(said)}
        if plain or len(doubtful) >= 2:
            start = sentence.start() + len(sentence.group()) - len(sentence.group().lstrip())
            start, end = folded.span(start, sentence.end())
            found.append(Order(text[start:end], start, end))
    return found
