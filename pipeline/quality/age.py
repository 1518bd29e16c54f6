"""Filter three, age_appropriateness: how hard, how fast, how bright and how loud the film is for its age
group.
"""

from __future__ import annotations

from pipeline.quality.audience import (
    HIGHEST_FLASHES,
    HIGHEST_TRUE_PEAK,
    LOUDEST_LUFS,
    LOWEST_CONTRAST,
    SOFTEST_LUFS,
)
from pipeline.quality.findings import Check, Evidence, Verdict
from pipeline.quality.material import Material, Report
from pipeline.quality.reading import count_syllables, reading_grade
from pipeline.quality.words import content_stems, count_words, stem, tokens

FEW_WORDS = 100  # below, the grade is too uncertain to block
FAR_ABOVE = 2.0  # grades
HARD_SYLLABLES = 4
EXPLAINED_WITHIN = 2  # sentences


def check_age(material: Material) -> list[Check]:
    """Language, pace, captions, light and sound against the audience table."""
    report = Report(material)
    _check_grade(report)
    _check_sentences(report)
    _check_terms(report)
    _check_pace(report)
    _check_captions(report)
    _check_timing(report)
    _check_picture_and_sound(report)
    report.passed("age.sentence-length", f"No sentence has more than {material.limits.sentence_words} words")
    report.passed("age.on-screen-words", f"At most {material.limits.on_screen_words} words on the screen")
    report.passed("age.term-unexplained", "New terms are explained where they come up")
    return report.checks


def _told(material: Material) -> str:
    return " ".join(sentence.text for sentence in material.sentences if sentence.role != "moment")


def _check_grade(report: Report) -> None:
    text = report.material.narration
    limit = report.material.limits.grade
    grade = reading_grade(text, glossary=report.material.glossary)
    verdict: Verdict = "pass"
    if grade > limit:
        enough = count_words(text) >= FEW_WORDS
        verdict = "block" if grade > limit + FAR_ABOVE and enough else "review"
    report.add(
        "age.reading-grade",
        verdict,
        f"The narration reads at grade {grade:.1f}; ages {report.material.age_group} follow up to "
        f"{limit:.1f}",
        _hardest_sentence(report) if verdict != "pass" else None,
    )


def _hardest_sentence(report: Report) -> Evidence:
    material = report.material
    hardest = max(material.sentences, key=lambda one: reading_grade(one.text, glossary=material.glossary))
    return material.evidence(hardest.field, span=(hardest.start, hardest.end), quote=hardest.text)


def _check_sentences(report: Report) -> None:
    limits = report.material.limits
    for sentence in report.material.sentences:
        words = count_words(sentence.text)
        most = limits.sentence_words + (6 if sentence.role == "moment" else 0)
        if words > most:
            report.add(
                "age.sentence-length",
                "review",
                f"A sentence of {words} words; ages {report.material.age_group} follow up to {most}",
                report.material.evidence(
                    sentence.field, span=(sentence.start, sentence.end), quote=sentence.text
                ),
            )
    for scene in report.material.scenes:
        text = str(scene["on_screen_text"])
        if scene["role"] in {"scene", "recap"} and count_words(text) > limits.on_screen_words:
            report.add(
                "age.on-screen-words",
                "review",
                f"{count_words(text)} words on the screen; at most {limits.on_screen_words}",
                report.material.evidence(f"scenes.{scene['position']}.on_screen_text", quote=text),
            )


def _check_terms(report: Report) -> None:
    """Declared terms and other long words are new; a declared one is explained by a sentence close to its
    first use.
    """
    material = report.material
    terms = {stem(token.text) for term in material.glossary for token in tokens(term)}
    long_words = {
        token.text.lower()
        for token in tokens(_told(material))
        if token.text[0].islower()
        and count_syllables(token.text) >= HARD_SYLLABLES
        and stem(token.text) not in terms
    }
    report.measure(
        "age.new-terms",
        float(len(material.glossary) + len(long_words)),
        high=float(material.limits.new_terms),
        says="New terms and long words: {value} ({limit})"
        + (f": {', '.join(sorted(long_words)[:6])}" if long_words else ""),
    )
    for term in material.script.get("glossary") or ():
        _check_explained(report, str(term["term"]), str(term["meaning"]))


def _check_explained(report: Report, term: str, meaning: str) -> None:
    own = set(content_stems(term))
    explaining = set(content_stems(meaning)) - own
    sentences = [one for one in report.material.sentences if one.role != "moment"]
    used = [place for place, one in enumerate(sentences) if own and own <= set(content_stems(one.text))]
    if not used or sentences[used[0]].role == "hook":
        used = used[1:]
    if not used:
        return
    first = used[0]
    near = sentences[max(0, first - EXPLAINED_WITHIN) : first + EXPLAINED_WITHIN + 1]
    known = set(content_stems(" ".join(one.text for one in near)))
    if explaining and 2 * len(explaining & known) < len(explaining):
        sentence = sentences[first]
        report.add(
            "age.term-unexplained",
            "review",
            f"“{term}” is not explained within {EXPLAINED_WITHIN} sentences",
            report.material.evidence(
                sentence.field, span=(sentence.start, sentence.end), quote=sentence.text
            ),
        )


def _check_pace(report: Report) -> None:
    film, limits = report.material.film, report.material.limits
    words = film.get("words") or ()
    spoken = sum(float(one["speech_end"]) - float(one["speech_start"]) for one in film.get("timeline") or ())
    report.measure(
        "age.words-a-minute",
        round(60.0 * len(words) / spoken, 1) if words and spoken > 0 else None,
        low=float(limits.slowest_words_per_minute),
        high=float(limits.fastest_words_per_minute),
        says="Spoken words a minute: {value} ({limit})",
    )


def _check_captions(report: Report) -> None:
    film, limits = report.material.film, report.material.limits
    cues = film.get("cues")
    report.measure(
        "age.caption-speed",
        _number(film.get("caption_max_characters_per_second")),
        high=limits.caption_characters_per_second,
        says="Fastest caption, characters a second: {value} ({limit})",
    )
    longest = (
        max((float(cue["end"]) - float(cue["start"]) for cue in cues), default=0.0)
        if cues is not None
        else None
    )
    report.measure(
        "age.caption-time",
        round(longest, 2) if longest is not None else None,
        high=limits.caption_seconds,
        says="Longest caption, seconds: {value} ({limit})",
    )
    lines = max((len(str(cue["text"]).splitlines()) for cue in cues), default=0) if cues is not None else None
    report.measure(
        "age.caption-lines", _number(lines), high=2.0, says="Lines in a caption: {value} ({limit})"
    )
    words = max((count_words(str(cue["text"])) for cue in cues), default=0) if cues is not None else None
    report.measure(
        "age.caption-words",
        _number(words),
        high=float(limits.caption_words),
        says="Words in a caption: {value} ({limit})",
    )


def _check_timing(report: Report) -> None:
    """Estimated times are honest enough for captions, too rough to light word by word: a person listens."""
    if report.material.film.get("timing") not in {"exact", "aligned"}:
        report.add(
            "age.caption-timing",
            "review",
            "The voice told no word times: captions are placed by estimate, and words are not lit",
        )
    report.passed("age.caption-timing", "Captions follow the times that the voice told")


def _check_picture_and_sound(report: Report) -> None:
    film = report.material.film
    report.measure(
        "age.contrast",
        _number(film.get("text_contrast")),
        low=LOWEST_CONTRAST,
        says="Contrast of text against its ground: {value} ({limit})",
    )
    report.measure(
        "age.flashes",
        _number(film.get("flashes_per_second")),
        high=HIGHEST_FLASHES,
        says="Flashes a second: {value} ({limit})",
        verdict="block",
    )
    report.measure(
        "age.red-flashes",
        _number(film.get("red_flashes_per_second")),
        high=HIGHEST_FLASHES,
        says="Flashes of saturated red a second: {value} ({limit})",
        verdict="block",
    )
    report.measure(
        "age.loudness",
        _number(film.get("loudness_lufs")),
        low=SOFTEST_LUFS,
        high=LOUDEST_LUFS,
        says="Loudness in LUFS: {value} ({limit})",
    )
    report.measure(
        "age.true-peak",
        _number(film.get("true_peak_dbtp")),
        high=HIGHEST_TRUE_PEAK,
        says="True peak in dBTP: {value} ({limit})",
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
