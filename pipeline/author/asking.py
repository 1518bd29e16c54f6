"""A statement turned into a yes/no question: by inversion or "do" where that is safe, else "Is it true
that …?".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.author.casing import Casing, capitalise
from pipeline.author.grammar import Clause, Piece, parse
from pipeline.author.lexicon import PRONOUNS, SUBORDINATORS, verb_forms
from pipeline.quality.words import count_words

OPENERS = re.compile(
    r"^(?:however|for example|in fact|of course|today|so|also|then|actually|remember|amazingly|luckily|sadly"
    r"|surprisingly|incredibly|interestingly),?\s+(?=\w)",
    re.IGNORECASE,
)
TAILS = re.compile(
    r",?\s+because\b.*$|,\s*(?:which|who|so|but|where|while|although|making|leaving|causing|giving|helping)\b.*$"
    r"|\s+[–—-]\s+.*$|;.*$|:\s.*$|\s*\([^()]*\)(?=\s*$)",
    re.IGNORECASE,
)
STOPS = ".!… "


@dataclass(frozen=True)
class Asked:
    """A question, the statement it asks about (a beginning of the sentence), and whether its form is
    natural.
    """

    question: str
    statement: str
    natural: bool


def shorten(sentence: str) -> str:
    """The statement without opener and trailing clause; what is left is still said by the sentence."""
    text = OPENERS.sub("", sentence.strip()).rstrip(STOPS)
    cut = TAILS.sub("", text).rstrip(STOPS + ",")
    return capitalise(cut if count_words(cut) >= 3 else text)


def ask(sentence: str, casing: Casing) -> Asked:
    """The yes/no question of one clause that asks whether the sentence is true."""
    statement = shorten(sentence)
    clause = parse(statement)
    if clause is not None and _is_askable(clause):
        kept = _one_clause(statement, clause)
        return Asked(_invert(kept, clause, casing), kept, natural=True)
    return Asked(f"Is it true that {casing.lower_first(statement)}?", statement, natural=False)


def _is_askable(clause: Clause) -> bool:
    words = [piece.lower for piece in clause.pieces]
    subject = clause.subject
    if words[clause.verb] in {"may", "might", "shall", "am"} or "let's" in words:
        return False
    if clause.verb + 1 < len(words) and words[clause.verb : clause.verb + 2] == ["used", "to"]:
        return False
    return bool(subject) and len(subject) <= 8 and not any(piece.lower in SUBORDINATORS for piece in subject)


def _one_clause(statement: str, clause: Clause) -> str:
    """The statement up to a second verb after "and", "or", "but": one question asks one thing."""
    pieces = clause.pieces
    for index in range(clause.verb + 1, len(pieces) - 1):
        if pieces[index].lower not in {"and", "but", "so", "then", "or"}:
            continue
        rest = [piece for piece in pieces[index + 1 :] if piece.tag != "adv" and piece.lower != "then"]
        after_comma = pieces[index - 1].text == ","
        if rest and (_is_second_verb(rest[0], clause) or _has_own_verb(rest, after_comma=after_comma)):
            return statement[: pieces[index].start].rstrip(STOPS + ",")
    return statement


def _is_second_verb(piece: Piece, clause: Clause) -> bool:
    form = verb_forms().get(piece.lower)
    if piece.tag == "aux":
        return True
    if form is None or form.noun_first:
        return False
    wanted = {"base": {"base"}, "third": {"third"}, "past": {"past"}, "aux": {"third", "base"}}[clause.form]
    helper = clause.pieces[clause.verb].lower
    if clause.form == "aux" and helper not in {"is", "are", "was", "were"}:
        return False  # "can swim and dive" inverts as it stands
    return bool(form.kinds & wanted) and clause.form != "base"


def _has_own_verb(rest: list[Piece], *, after_comma: bool) -> bool:
    """ "… and it sinks", "… and the seeds grow": a clause of its own follows."""
    if rest[0].tag == "pron" and rest[0].lower in PRONOUNS and len(rest) > 1:
        return rest[1].tag in {"verb", "verb?", "aux"}
    for piece in rest[1:5]:
        if piece.tag == "aux":
            return True
        if piece.tag in {"prep", "sub", "punct", "conj"}:
            return False
        if piece.tag == "verb?" and (after_comma or not verb_forms()[piece.lower].noun_first):
            return True
    return False


def _invert(statement: str, clause: Clause, casing: Casing) -> str:
    pieces = [piece for piece in clause.pieces if piece.end <= len(statement)]
    subject_start, verb = pieces[clause.subject_start], pieces[clause.verb]
    lead = statement[: subject_start.start].strip()
    subject = statement[subject_start.start : verb.start].strip()
    rest = statement[verb.end :].strip()
    subject = casing.lower_first(subject)
    before, adverb = _part_adverb(subject)
    if clause.form == "aux":
        helper, main = verb.lower, ""
    else:
        helper = {"base": "do", "third": "does", "past": "did"}[clause.form]
        main = _base(verb.lower)
    rest = re.sub(r"\balso |,? (?:too|as well)$", "", rest)
    words = [lead, helper if lead else capitalise(helper), before, adverb, main, rest]
    return " ".join(word for word in words if word) + "?"


def _base(verb: str) -> str:
    own = {"has": "have", "have": "have", "had": "have", "does": "do", "did": "do", "do": "do"}
    return own.get(verb) or verb_forms()[verb].base


def _part_adverb(subject: str) -> tuple[str, str]:
    """ "plants also" → "plants": the adverb before the verb stays before the verb; "also" goes."""
    before, _, last = subject.rpartition(" ")
    if before and last.lower() in {"also", "then", "therefore", "still"}:
        return before, "" if last.lower() in {"also", "then", "therefore"} else last
    return subject, ""
