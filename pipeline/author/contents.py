"""What a sentence can be shown as, beyond a picture: shares, dates, parts, levels, cycles, changes, deeds.

Every function returns a kind's items (see `pipeline.providers.kinds`) made of the sentence's own words, or
none. Nothing is invented: a figure in words is also written in digits, with the words kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.author.casing import capitalise
from pipeline.author.grammar import Clause, parse, read_pieces
from pipeline.author.lexicon import HAVE, PREPOSITIONS, verb_forms
from pipeline.author.phrases import find_list, find_phrases
from pipeline.author.places import find_named
from pipeline.quality.words import TENS, UNITS

DENIED = re.compile(
    r"\b(?:no|not|never|none|neither|nor|nothing|nobody|without|hardly|rarely|few|cannot)\b|n['’]t\b",
    re.IGNORECASE,
)
CYCLE = re.compile(
    r"\bcycle\b|\bagain and again\b|\bover and over\b"
    r"|\b(?:starts?|begins?) (?:all )?(?:over )?again\b|\bin a circle\b",
    re.IGNORECASE,
)
LAYERS = re.compile(r"\blayers?\b|\blevels?\b|\bzones?\b", re.IGNORECASE)
MADE_OF = re.compile(
    r"\b(?:is|are|was|were) (?:made|built|composed) (?:up )?(?:of|from)\b|\bconsists? of\b"
    r"|\b(?:has|have) (?:\w+ )?(?:\w+ )?parts\b"
    r"|\bcontains?\b|\bincludes?\b|\bcomes? in\b|\bis divided into\b|\bare divided into\b",
    re.IGNORECASE,
)
_DENOMINATORS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5,
    "sixth": 6, "sixths": 6, "eighth": 8, "eighths": 8, "tenth": 10, "tenths": 10,
}  # fmt: skip
_NUMBER = "|".join(sorted({*UNITS, *TENS}, key=len, reverse=True))
OUT_OF = re.compile(
    rf"\b(\d{{1,3}}|{_NUMBER}) (?:in|out of)(?: every)? (\d{{1,3}}|{_NUMBER})\b", re.IGNORECASE
)
PERCENT = re.compile(r"\b(\d{1,3}(?:\.\d+)?) ?(?:%|per ?cent\b)", re.IGNORECASE)
FRACTION = re.compile(rf"\b({_NUMBER}) ({'|'.join(_DENOMINATORS)})\b(?= of\b)(?! of an hour)", re.IGNORECASE)
YEAR = re.compile(
    r"\b(?:in|since|from|until|by|around|about|after|before|on \d{1,2} \w+) (?:the year )?"
    r"(?P<year>(?:1\d{3}|20[0-4]\d)(?! [a-z]+s\b)|\d{1,3}(?:,\d{3})? (?:BC|AD|BCE|CE)\b|AD \d{1,4})",
)
AGO = re.compile(
    r"\b(?:about |around |some |over |more than )?(?P<year>[\d,.]+(?: million| billion)? years ago)\b"
)
COMPARED = re.compile(r"\b(?P<word>(?:more|less) [a-z]{4,}|[a-z]{3,}er) than\b")
_NOT_COMPARING = frozenset({"other", "rather", "water", "never", "number", "after", "under", "over"})
_STATES = HAVE | {"means", "mean", "become", "becomes", "look", "looks", "seem", "seems"}
_NO_DEED = frozenset({"as", "than", "like", "until", "about", "by", "for", "during", "per"})
_LEAD = re.compile(
    r"^(?:first|then|next|after that|finally|at last|soon|later|at the end|in the end|second|third|lastly)"
    r",?\s+",
    re.IGNORECASE,
)


def opens_with_figure(phrase: str) -> bool:
    """ "3 percent of the water", "Quarter of the night"."""
    first = phrase.partition(" ")[0].lower()
    return first[:1].isdigit() or first in _DENOMINATORS


def write_number(word: str) -> int | None:
    """ "five" → 5, "20" → 20."""
    lower = word.lower()
    if lower.isdigit():
        return int(lower)
    return UNITS.get(lower, TENS.get(lower))


# --------------------------------------------------------------------------- shares and dates


def find_share(sentence: str) -> list[str]:
    """ "About 97 percent of the water on Earth is salty" → ["97%", "of the water on Earth is salty"]."""
    if DENIED.search(sentence):
        return []
    for pattern in (PERCENT, OUT_OF, FRACTION):
        found = pattern.search(sentence)
        if not found:
            continue
        written = _written_share(pattern, found)
        if not written:
            continue
        said = "" if found.group().replace(" ", "") == written.replace(" ", "") else f" | {found.group()}"
        caption = _until_short(sentence[found.end() :].strip(" .!"), most=8)
        return [written + said, caption] if caption else []
    return []


def _written_share(pattern: re.Pattern[str], found: re.Match[str]) -> str:
    if pattern is PERCENT:
        return f"{found[1]}%" if float(found[1]) <= 100 else ""
    first = write_number(found[1])
    if pattern is FRACTION:
        parts = _DENOMINATORS[found[2].lower()]
        return f"{first}/{parts}" if first is not None and 0 < first <= parts else ""
    second = write_number(found[2])
    if first is None or second is None or not 0 < first < second:
        return ""
    return f"{first} in {second}" if first == 1 else f"{first} out of {second}"


def _until_short(text: str, *, most: int) -> str:
    """The beginning of a text up to a natural stop, at most `most` words; "" where there is none."""
    head = re.split(r"[,;:(–—]|\s(?:and|but|which|that|because|so|when|while|where)\s", text)[0].strip()
    words = head.split()
    if len(words) <= most:
        return head if words else ""
    for index in range(most, 2, -1):
        if words[index].lower() in PREPOSITIONS | {"is", "are", "was", "were", "has", "have"}:
            return " ".join(words[:index])
    return ""


def find_dates(sentences: Sequence[str]) -> list[str]:
    """ "Hunting them was stopped in 1966" → ["1966 | Hunting them was stopped"], one entry a date."""
    entries: list[str] = []
    for sentence in sentences:
        several = _split_dates(sentence)
        if several:
            entries.extend(several)
            continue
        found = YEAR.search(sentence) or AGO.search(sentence)
        if not found:
            continue
        rest = (sentence[: found.start()] + sentence[found.end() :]).strip(" .,!")
        rest = re.sub(r"\s+([,.])", r"\1", re.sub(r"\s{2,}", " ", rest)).strip(" ,")
        happened = _shorten(_LEAD.sub("", rest), most=9)
        if happened:
            entries.append(f"{found['year']} | {capitalise(happened)}")
    years = [entry.partition(" | ")[0] for entry in entries]
    return entries[:4] if len(set(years)) == len(years) else []


def _split_dates(sentence: str) -> list[str]:
    """ "They found the electron in 1897 and the nucleus in 1911" → an entry for each thing found."""
    parts = re.split(r",\s+(?:and\s+)?|\s+and\s+", sentence.rstrip(".!"))
    if len(parts) < 2 or not all(YEAR.search(part) for part in parts):
        return []
    entries = []
    for part in parts:
        found = YEAR.search(part)
        things = [one for one in find_phrases("x is " + part[: found.start()] if found else "") if one != "x"]
        if found is None or not things or len(things[-1].split()) > 4:
            return []
        entries.append(f"{found['year']} | {capitalise(things[-1])}")
    return entries


def _shorten(text: str, *, most: int) -> str:
    """A statement of at most `most` words: what follows a comma or a preposition is left out; "" where the
    verb would go with it."""
    clause = parse(text)
    words = text.split()
    if len(words) <= most:
        return text
    if clause is None:
        head = re.split(r"[,;:(–—]", text)[0].strip()
        return head if 3 <= len(head.split()) <= most and parse(head) is not None else ""
    verb_end = clause.pieces[clause.verb].end
    for piece in reversed(clause.pieces):
        if piece.start <= verb_end:
            return ""
        if piece.tag in {"prep", "sub", "conj"} or piece.text == ",":
            head = text[: piece.start].strip(" ,")
            if (
                len(head.split()) <= most
                and head[-1].isalnum()
                and len(text[verb_end : piece.start].split()) >= 1
            ):
                return head
    return ""


# --------------------------------------------------------------------------- wholes


def find_whole(sentence: str) -> tuple[str, list[str]] | None:
    """(kind, items) of a sentence that lists levels, steps of a cycle or parts; None otherwise."""
    listed = find_list(sentence)
    if len(listed) < 2 or DENIED.search(sentence):
        return None
    if len(listed) >= 3 and CYCLE.search(sentence):
        return "cycle", listed
    if LAYERS.search(sentence):
        return "layers", listed
    made = MADE_OF.search(sentence)
    if made and len(listed) >= 2:
        subject = find_phrases(sentence[: made.start()] + " is big")
        if subject and len(subject[0].split()) <= 3:
            return "parts", [capitalise(subject[0]), *listed]
    return None


# --------------------------------------------------------------------------- deeds


def find_steps_of(sentences: Sequence[str]) -> list[str]:
    """Two to four sentences, a later one opening with "Then", "Next", "Finally": each as a short step."""
    if len(sentences) < 2 or not any(_LEAD.match(sentence) for sentence in sentences[1:]):
        return []
    steps = [_shorten(_LEAD.sub("", sentence.rstrip(".!")), most=6) for sentence in sentences]
    return [capitalise(step) for step in steps] if all(steps) and len(steps) <= 4 else []


def find_deed(sentence: str) -> list[str]:
    """ "Bees visit flowers to find food." → ["Bees", "visit", "Flowers"]; none of a denied or unclear one."""
    clause = parse(sentence)
    if clause is None or clause.subject_start != 0 or DENIED.search(sentence):
        return []
    said, at = _read_verb(clause)
    if not said or at >= len(clause.pieces):
        return []
    subject = _bare(sentence[: clause.pieces[clause.verb].start])
    told = _first_object(sentence, clause, at)
    fits = 1 <= len(subject.split()) <= 3 and 1 <= len(told.split()) <= 3 and len(said) <= 18
    has_pronoun = any(piece.tag == "pron" for piece in read_pieces(subject))
    if not fits or has_pronoun or subject.lower() == told.lower():
        return []
    return [capitalise(subject), said, capitalise(told)]


def _read_verb(clause: Clause) -> tuple[str, int]:
    """The verb with "can" before it and its preposition behind, and where the object begins; "" for a verb
    that does nothing to anything."""
    verb = clause.pieces[clause.verb]
    said, at = verb.text, clause.verb + 1
    if verb.lower in _STATES or (clause.form == "aux" and verb.lower not in {"can", "could"}):
        return "", at
    if clause.form == "aux":
        if at >= len(clause.pieces) or verb_forms().get(clause.pieces[at].lower) is None:
            return "", at
        said, at = f"{said} {clause.pieces[at].text}", at + 1
    if at < len(clause.pieces) and clause.pieces[at].tag == "prep":
        if clause.pieces[at].lower in _NO_DEED:
            return "", at
        said, at = f"{said} {clause.pieces[at].text}", at + 1
    return said, at


def _first_object(sentence: str, clause: Clause, at: int) -> str:
    """The noun phrase right behind the verb, "" where it is one of several: the others would be kept back."""
    begins = clause.pieces[at].start
    found = [one for one in find_phrases("x is " + sentence[begins:]) if one != "x"]
    if not found:
        return ""
    place = sentence.find(found[0], begins)
    behind = read_pieces("it is " + sentence[place + len(found[0]) :].strip(" .!"))[2:]
    goes_on = bool(behind) and behind[0].tag not in {"prep", "sub", "adv"} and behind[0].lower != "to"
    if place - begins > 12 or goes_on:
        return ""
    return found[0]


def _bare(text: str) -> str:
    return re.sub(r"^(?:the|a|an|your|our|its|their)\s+", "", text.strip(" ,"), flags=re.IGNORECASE)


def find_compared(sentence: str) -> str:
    """ "Magma is lighter than solid rock" → "lighter"; "" where nothing is compared by one word."""
    found = COMPARED.search(sentence)
    return (
        found["word"] if found and found["word"] not in _NOT_COMPARING and not DENIED.search(sentence) else ""
    )


def find_place(sentence: str) -> list[str]:
    """The one place that a sentence names; none where it names more than two."""
    named = find_named(sentence)
    return [named[0].name] if 1 <= len(named) <= 2 else []


def find_bars(sentences: Sequence[str]) -> list[str]:
    """Figures of one unit in several sentences, each with its own subject."""
    entries: list[tuple[str, str, str]] = []
    for sentence in sentences:
        clause = parse(sentence)
        found = re.search(r"(\d[\d,.]*\d|\d)(?: (million|billion|thousand))? ([a-z]{2,}|°C|%)", sentence)
        if clause is None or not found or clause.subject_start != 0:
            return []
        subject = _bare(sentence[: clause.pieces[clause.verb].start])
        if len(subject.split()) > 3 or DENIED.search(sentence):
            return []
        entries.append((capitalise(subject), " ".join(filter(None, (found[1], found[2]))), found[3]))
    units = {unit for _, _, unit in entries}
    scales = {figure.partition(" ")[2] for _, figure, _ in entries}
    names = {name.lower() for name, _, _ in entries}
    if not 2 <= len(entries) <= 4 or len(units) > 1 or len(scales) > 1 or len(names) < len(entries):
        return []
    return [f"{name} | {figure} {unit}" for name, figure, unit in entries]
