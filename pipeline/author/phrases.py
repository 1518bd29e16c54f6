"""What a sentence names: its noun phrases, its key phrase, the term it defines, and what it lists, counts or
sets against each other.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from pipeline.author.casing import capitalise
from pipeline.author.grammar import Clause, Piece, parse, read_pieces
from pipeline.author.lexicon import GENERIC, adjectives, is_number, verb_forms
from pipeline.author.ranking import DEFINITION
from pipeline.quality.words import content_stems, numbers

NAMING = re.compile(
    r"\b(?:is|are|was|were)\s+(?:called|known as)\s+(?:the\s+|an?\s+)?(?P<term>[\w'’-]+(?:\s[\w'’-]+){0,2})"
)
CHANGE = re.compile(r"\b(?:turns?|changes?|grows?|develops?|melts?|freezes?)\b.*?\binto\b")
CONTRAST = re.compile(r",?\s+\b(?:but|whereas)\b\s+|,\s+while\s+|\s+than\s+", re.IGNORECASE)
BOTH = frozenset({"light", "liquid", "solid", "metal", "cold", "dark"})  # adjectives that are nouns as well
TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof", "st", "sir", "king", "queen", "captain"})


# --------------------------------------------------------------------------- noun phrases


def find_phrases(sentence: str) -> list[str]:
    """The noun phrases of a sentence in order, without articles: "core of the Earth", "carbon dioxide"."""
    pieces = read_pieces(sentence.rstrip(".!?"))
    clause = parse_opening(sentence)
    verb = clause.verb if clause else -1
    found: list[list[Piece]] = []
    run: list[Piece] = []
    for index, piece in enumerate(pieces):
        if _belongs(piece, pieces, index, run) and index != verb:
            run.append(piece)
            continue
        found.append(run)
        run = []
    found.append(run)
    return [phrase for phrase in (_phrase_text(sentence, run) for run in found) if phrase]


def parse_opening(sentence: str) -> Clause | None:
    """The clause before a colon, a dash or a bracket."""
    return parse(re.split(r"[:;(–—]", sentence)[0])


def _belongs(piece: Piece, pieces: list[Piece], index: int, run: list[Piece]) -> bool:
    if piece.lower in {"called", "known", "named", "made", "used"}:
        return False
    if piece.tag == "ing" and index + 1 < len(pieces) and pieces[index + 1].tag == "noun":
        return not run and (index == 0 or pieces[index - 1].tag not in {"prep", "aux", "punct"})
    if piece.tag in {"noun", "adj", "number"}:
        return True
    after = pieces[index + 1 : index + 3]
    if piece.lower == "of" and run and run[-1].tag == "noun" and after:
        return after[0].tag in {"noun", "adj"} or (after[0].lower in {"the", "a", "an"} and len(after) > 1)
    if piece.lower in {"the", "a", "an"} and run and run[-1].lower == "of":
        return bool(after) and after[0].tag in {"noun", "adj"}
    form = verb_forms().get(piece.lower)
    return piece.tag == "verb?" and bool(run) and form is not None and form.noun_first


def _phrase_text(sentence: str, run: list[Piece]) -> str:
    while run and (
        (run[-1].tag in {"adj", "number"} and run[-1].lower not in BOTH)
        or run[-1].lower in {"of", "the", "a", "an"}
    ):
        run = run[:-1]
    while run and run[0].lower in TITLES | {"one", "other", "own", "many", "most", "more", "few"}:
        run = run[1:]
    if not any(
        (piece.tag in {"noun", "verb?"} or piece.lower in BOTH) and piece.lower not in GENERIC
        for piece in run
    ):
        return ""
    return sentence[run[0].start : run[-1].end]


def key_phrase(sentence: str, *, topic: str, most_words: int, used: Collection[str] = ()) -> str:
    """The noun phrase that says most, of at most `most_words` words; the topic where there is none."""
    clause = parse(sentence)
    cut = clause.pieces[clause.verb].start if clause else 0
    before = {" ".join(content_stems(one)) for one in used}
    named = set(content_stems(topic))
    denied = re.search(r"\b(?:no|not|never)\b|n't\b", sentence) is not None
    best, best_score = "", -9.0
    for phrase in find_phrases(sentence):
        words = phrase.split()
        if len(words) > most_words:
            continue
        score = 0.5 * min(3, len(words)) + (0.6 + 2.0 * denied if sentence.find(phrase) < cut else 0.0)
        stems = content_stems(phrase)
        score -= 2.0 * (" ".join(stems) in before) + 0.9 * (set(stems) <= named)
        score -= 1.2 * is_number(words[0]) + 0.5 * (words[-1].lower() in GENERIC)
        if score > best_score:
            best, best_score = phrase, score
    return capitalise(best or " ".join(topic.split()[:most_words]))


_ADDS = frozenset(
    {"with", "in", "on", "at", "from", "by", "for", "near", "inside", "around", "under", "over", "between",
     "during", "through", "across", "along", "behind", "beside", "within", "to", "into", "of"}
)  # fmt: skip
_CALLED = re.compile(r"\bcalled (?:an?|the) (?P<name>[a-z]{3,}(?: [a-z]{3,})?)$")
_BACK = re.compile(
    r"^(?:this|these|that|those|it|they|he|she|we|such|its|their|his|her|there)\b", re.IGNORECASE
)
_TURNS = re.compile(
    r"\b(?:no|not|never|only|without|if|when|while|until|unless|because|but|or|than|except|almost|hardly)\b"
    r"|n['’]t\b|[,;:(–—?\"“]",
    re.IGNORECASE,
)


def find_statement(sentence: str, *, most_words: int, caption: str = "", listed: bool = False) -> str:
    """A short sentence as it is, or up to a preposition that only adds to it; "" where it points back, or
    where what would be left out turns its sense.

    "of" is no such preposition unless `caption`, which stands beside, says what follows. `listed`: what the
    sentence ends with is shown one by one, so its commas may go.
    """
    plain = sentence.rstrip(".!")
    clause = parse(plain)
    if clause is None or clause.subject_start != 0 or _BACK.match(plain):
        return ""
    if any(piece.tag == "pron" for piece in clause.subject):
        return ""
    verb_end = clause.pieces[clause.verb].end
    ends = [
        piece.start
        for piece in reversed(clause.pieces)
        if piece.lower in _ADDS and (piece.lower != "of" or (caption and plain[piece.start :] == caption))
    ]
    for end in [len(plain), *ends]:
        head = plain[:end].strip()
        told = [piece for piece in clause.pieces if verb_end < piece.end <= end]
        tail = plain[end:].replace(",", "") if listed else plain[end:]
        if not any(piece.tag in {"noun", "adj", "verb", "verb?"} for piece in told) or _TURNS.search(tail):
            return ""
        if len(head.split()) <= most_words:
            return "" if _TURNS.search(head) and end < len(plain) else capitalise(head)
    return ""


def find_called(sentence: str) -> str:
    """ "Bees live in a home called a hive" → "hive"; "" where nothing is called so at the sentence's end."""
    found = _CALLED.search(sentence.rstrip(".!"))
    return found["name"] if found else ""


def find_term(sentence: str) -> str:
    """The term that a sentence defines, "" where it defines none."""
    naming = NAMING.search(sentence)
    if naming:
        words: list[str] = []
        for piece in read_pieces(naming.group("term")):
            joins = piece.lower == "of" and bool(words)
            is_named = piece.tag in {"noun", "adj", "ing"} or (piece.tag == "verb?" and bool(words))
            if not joins and (not is_named or (piece.tag == "ing" and words)):
                break
            words.append(piece.text)
        return " ".join(words).removesuffix(" of")
    defining = DEFINITION.match(sentence)
    term = defining.group("term") if defining and defining.group("term") else ""
    pieces = read_pieces(term)
    if (
        not pieces
        or pieces[-1].lower in adjectives()
        or any(piece.tag in {"pron", "det", "prep", "sub", "conj", "aux", "number"} for piece in pieces)
    ):
        return ""
    return "" if pieces[-1].lower in GENERIC else term


# --------------------------------------------------------------------------- items


def find_list(sentence: str) -> list[str]:
    """ "… sunlight, water and carbon dioxide" → its three or four items; none where an item is long or a
    clause.
    """
    told = sentence.partition(": ")[2] or sentence  # "Three things matter: light, water and air."
    found = re.search(r"((?:[^,;:.]+,\s+){1,3})([^,;:.]+?),?\s+(?:and|or)\s+([^,;:.]+)[.!]?$", told)
    if not found:
        return []
    raw = [piece.strip() for piece in found.group(1).split(",") if piece.strip()]
    raw = [*raw, found.group(2).strip(), found.group(3).strip()]
    first = _bare(raw[0]) if told is not sentence else _last_noun_phrase(raw[0])
    items = [first, *(_bare(item) for item in raw[1:-1]), _first_noun_phrase(raw[-1])]
    if len(items) > 4 or any(not item or len(item.split()) > 4 for item in items):
        return []
    if len({item.lower() for item in items}) != len(items):
        return []
    return [capitalise(item) for item in items]


def _bare(item: str) -> str:
    """An item without its article; "" where it holds a verb and so is a clause."""
    text = re.sub(r"^(?:the|a|an|and|some|its|their|your|our)\s+", "", item, flags=re.IGNORECASE)
    pieces = read_pieces("the " + text)[1:]
    clean = all(piece.tag in {"noun", "adj", "number", "ing"} or piece.lower == "of" for piece in pieces)
    return text if clean else ""


def _last_noun_phrase(text: str) -> str:
    phrases = find_phrases(text)
    return phrases[-1] if phrases and text.endswith(phrases[-1]) else ""


def _first_noun_phrase(text: str) -> str:
    phrases = find_phrases("the " + re.sub(r"^(?:the|a|an|some|its|their|your|our)\s+", "", text))
    first = phrases[0] if phrases else ""
    return first if first and text.find(first) <= 5 else ""


def find_heading(sentence: str, items: list[str], phrase: str, most_words: int) -> str:
    """ "Plants need sunlight, water and air" → "What plants need"; else a key phrase that is not an item."""
    clause = parse(sentence)
    if clause is not None and clause.form == "base" and clause.subject_start == 0:
        verb = clause.pieces[clause.verb]
        subject = sentence[: verb.start].strip()
        first = sentence.lower().find(items[0].lower())
        direct = first >= 0 and not re.search(r"\w{4}", sentence[verb.end : first])
        if (
            direct
            and len(clause.subject) <= 3
            and clause.subject[0].tag == "noun"
            and len(subject.split()) + 2 <= most_words
        ):
            return f"What {subject[0].lower()}{subject[1:]} {verb.text}"
    return (
        phrase
        if phrase.lower() not in {item.lower() for item in items}
        else _other_phrase(sentence, items, phrase)
    )


def _other_phrase(sentence: str, items: list[str], phrase: str) -> str:
    lower = {item.lower() for item in items}
    rest = [one for one in find_phrases(sentence) if one.lower() not in lower]
    return capitalise(rest[0]) if rest and len(rest[0].split()) <= 4 else phrase


def find_figure(sentence: str) -> tuple[str, str] | None:
    """The number of a sentence and what it counts: ("100,000", "times a day"); None without a telling
    number.
    """
    for number in numbers(sentence):
        figure, said = number.text, ""
        if not figure[0].isdigit():
            if number.value < 3 or " " in figure or "-" in figure:
                continue
            figure, said = f"{int(number.value):,}", f" | {number.text}"
        after = sentence[number.end :]
        spread = re.search(r"\b(\d[\d,.]*)\s+(?:to|or)\s+$", sentence[: number.start])
        if spread and figure[0].isdigit():
            figure = f"{spread[1]}–{figure}"
        elif re.match(r"\s+(?:to|or)\s+\d", after):
            continue  # the lower end of "9 to 12"
        if re.match(r"\s*(?:out of|in every)\b", after) or sentence[: number.start].endswith(
            ("out of ", "in every ")
        ):
            continue
        figure, after = _with_unit(figure, after)
        caption = _caption(after)
        if caption:
            return figure + said, caption
        if re.fullmatch(r"1\d{3}|20\d\d", figure):
            phrases = [one for one in find_phrases(sentence) if figure not in one]
            if phrases:
                return figure, phrases[0]
    return None


def _with_unit(figure: str, after: str) -> tuple[str, str]:
    """A figure with the percent sign, the degree or the scale that follows it, and what is left."""
    percent = re.match(r"\s*(?:%|per ?cent\b)", after)
    if percent:
        figure, after = figure + "%", re.sub(r"^\s*of (?:the |all )?", " ", after[percent.end() :])
    degree = re.match(r"\s*(°\s?[CF])\b", after)
    if degree:
        figure, after = figure + " " + degree.group(1).replace(" ", ""), after[degree.end() :]
    scale = re.match(r"\s(million|billion|thousand|trillion)\b", after)
    if scale:
        figure, after = f"{figure} {scale.group(1)}", after[scale.end() :]
    return figure, after


def _caption(after: str) -> str:
    """The words that say what was counted, up to the first verb, stop or small word that opens a new part."""
    words: list[str] = []
    for piece in read_pieces("the" + after)[1:]:
        if piece.tag in {"noun", "adj"} or (piece.lower in {"a", "of", "per"} and words):
            words.append(piece.text)
        else:
            break
        if len(words) == 4:
            break
    while words and words[-1].lower() in {"a", "of", "per"}:
        words.pop()
    return " ".join(words)


def find_steps(sentence: str) -> list[str]:
    """Two short steps: "When water freezes, ice forms", "turns water into vapour"."""
    change = CHANGE.search(sentence)
    if change:
        between = sentence[change.start() :].split("into", maxsplit=1)[0].partition(" ")[2]
        before = _without_x("x is " + between) or find_phrases(sentence[: change.start()])
        after = _without_x("x is " + sentence[change.end() :])
        named = re.search(r"\bcalled (?:the |an? )?((?:[a-z]+ ){0,2}[a-z]+)[.!]?$", sentence)
        sides = [re.sub(r"^\w+ of ", "", one) for one in before[-1:]]
        sides += [named[1]] if named else after[:1]
        if len(sides) == 2 and all(len(side.split()) <= 3 for side in sides):
            return [capitalise(side) for side in sides]
    when = re.match(r"(?:When|After|As|If)\s+([^,]+),\s+([^,]+?)[.!]?$", sentence)
    if (
        when
        and all(2 <= len(part.split()) <= 5 for part in when.groups())
        and not re.match(r"(?:it|they)\b", when.group(1))
    ):
        return [capitalise(part) for part in when.groups()]
    return []


def _without_x(text: str) -> list[str]:
    return [one for one in find_phrases(text) if one != "x"]


def find_sides(sentence: str) -> list[str]:
    """The two things that a sentence sets against each other."""
    parts = CONTRAST.split(sentence.rstrip(".!"), maxsplit=1)
    if len(parts) != 2 or not CONTRAST.search(sentence):
        return []
    left, right = find_phrases(parts[0]), find_phrases("x is " + parts[1])
    right = [one for one in right if one != "x"]
    if not left or not right or len(left[0].split()) > 3 or len(right[0].split()) > 3:
        return []
    if left[0].lower() == right[0].lower():
        return []
    return [capitalise(left[0]), capitalise(right[0])]
