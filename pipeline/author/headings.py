"""Headlines that say something: what takes the place of a lone common word above a scene's picture."""

from __future__ import annotations

import re

from pipeline.author.casing import Casing, capitalise
from pipeline.author.grammar import Clause, Piece, parse
from pipeline.author.phrases import find_phrases, find_statement

_CONSEQUENCE = re.compile(r",\s+(?:so|and so|which is why)\b.*$")
_HEDGE = re.compile(r"^(?:about|around|nearly|almost|over|roughly|more than|less than)\s+", re.IGNORECASE)
_SHARE_OF = re.compile(
    r"\b(?:percent|per cent|%|quarters?|thirds?|fifths?|half|halves|tenths?|most|out of [\w-]+)\s+of\s+"
    r"(?:all\s+)?(?:the\s+)?(?P<whole>[^,;:]+)$",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"^\w+ (?:in|out of) (?:every )?\w+ (?:of (?:the |all )?)?"
    r"(?:people|children|adults|students|pupils|teenagers|women|men)\b(?: in [\w ]*?\w)?"
    r" (?P<verb>[a-z]+s|have|are|can|live|play|use|know) (?P<told>[\w-]+(?: [\w-]+){0,3})$",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million)\b"
)
_PAIR = re.compile(r"^(?:the )?(?P<pair>[A-Z][\w-]+ and (?:the )?[\w-]+)\b(?! and)")
# What follows these is a thing, not a measure: "eats four tonnes of krill", not "beats 70 times".
_HOLDING = re.compile(
    r"eats?|ate|needs?|needed|uses?|used|makes?|made|holds?|held|carr(?:y|ies|ied)|contain(?:s|ed)?|drinks?|drank"
    r"|produce[sd]?|store[sd]?|have|has|had|lays?|laid|builds?|built|visit(?:s|ed)?"
)
ARTICLES = frozenset({"a", "an", "the", "one", "some", "most", "many", "every", "each"})
_ADDING = frozenset({"in", "on", "at", "from", "by", "for", "with", "near", "during", "through", "to"})


def say_more(
    phrase: str, sentence: str, most_words: int, *, kind: str = "", caption: str = "", listed: bool = False
) -> str:
    """`phrase`, or where it says little what says more of the same sentence.

    Little is a lone common word ("Sun", "Summer"), and what a figure is only compared with ("than a page of
    text"). More is the short statement, what the figure is about, or the whole subject.
    """
    about = kind in {"number", "proportion"}
    is_name = re.search(rf"(?<=\w )\b{re.escape(phrase)}\b", sentence) is not None and phrase[:1].isupper()
    says_little = " " not in phrase and not (is_name and not about)
    if not says_little and not (about and _is_measure(phrase, sentence)):
        return phrase
    plain = _HEDGE.sub("", _CONSEQUENCE.sub("", sentence.rstrip(".!")))
    plain = capitalise(plain)
    tries = [find_statement(sentence, most_words=most_words, caption=caption, listed=listed)]
    tries += [_name_figure(plain)] if about else [find_statement(plain, most_words=most_words)]
    tries += ["" if about else _name_subject(plain)]
    fitting = [one for one in tries if " " in one and len(one.split()) <= most_words]
    return fitting[0] if fitting else phrase


def _is_measure(phrase: str, sentence: str) -> bool:
    """Whether a phrase only stands for comparison: "… than a page of text"."""
    return re.search(rf"\bthan (?:an? |the )?{re.escape(phrase)}\b", sentence, re.IGNORECASE) is not None


def _name_figure(sentence: str) -> str:
    """What the figure of a sentence is about: "Water on Earth", "Dream sleep", "Who speaks some English?"."""
    who = _WHO.match(sentence)
    if who and not _FIGURE.search(who["told"]):
        return f"Who {who['verb']} {who['told']}?"
    clause = parse(sentence)
    if clause is None or any(piece.tag == "pron" for piece in clause.subject):
        return ""
    verb = clause.pieces[clause.verb]
    before, after = sentence[: verb.start].strip(), sentence[verb.end :].strip()
    whole = _SHARE_OF.search(before)
    if whole:
        named = [one for one in find_phrases(f"x is {after}") if one != "x" and " " in one]
        if not named and clause.form == "aux" and len(after.split()) == 2:
            named = [after]  # "… is dream sleep"
        return capitalise(whole["whole"].strip() if " " in whole["whole"].strip() else (named or [""])[0])
    if _FIGURE.search(before.lower()):
        return _name_subject(sentence)
    plain = _HEDGE.sub("", after)
    if _HOLDING.fullmatch(verb.lower) and _FIGURE.match(plain.lower()):
        # A word that may be a name or not ("Workers") would be written wrong in one of the two.
        casing, first = Casing(sentence), before.split()[0]
        is_known = first.lower() in ARTICLES or not casing.keeps_capital(first) or casing.is_sure(first)
        told = (
            f"{first.lower()}{before[len(first) :]}"
            if first.lower() in ARTICLES
            else casing.lower_first(before)
        )
        return f"What {told} {verb.text}" if is_known else ""
    return ""


def _name_subject(sentence: str) -> str:
    """The whole subject of a clause, without what it only adds at its end; a pair where no clause is sure."""
    clause = parse(sentence)
    if clause is None:
        pair = _PAIR.match(sentence)
        return capitalise(pair["pair"]) if pair else ""
    pieces = _without_addition(clause)
    if len(pieces) < 2:
        return ""
    text = sentence[pieces[0].start : pieces[-1].end]
    return capitalise(re.sub(r"^(?:the|an?)\s+", "", text, flags=re.IGNORECASE))


def _without_addition(clause: Clause) -> tuple[Piece, ...]:
    """ "Leaves of the tree in autumn" → "Leaves of the tree"; a figure stays with what it counts."""
    pieces = clause.subject
    for index, piece in enumerate(pieces):
        rest = pieces[index:]
        if index >= 2 and piece.lower in _ADDING and not any(one.tag == "number" for one in rest):
            return pieces[:index]
    return pieces
