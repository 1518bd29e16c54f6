"""Filter one, inappropriate_content: words, acts, stereotypes, brands, personal data and orders to machines,
in every text of the film.
"""

from __future__ import annotations

from pipeline.quality.acts import HarmfulAct, find_harmful_acts
from pipeline.quality.addressed import find_addressed
from pipeline.quality.bias import find_stereotypes
from pipeline.quality.findings import Check, Verdict
from pipeline.quality.injection import find_orders
from pipeline.quality.language import find_foreign
from pipeline.quality.listed import find_listed_words
from pipeline.quality.material import Material, Report
from pipeline.quality.personal import DOUBTFUL, find_personal_data

ACTS: dict[str, tuple[str, Verdict, str]] = {
    "danger": ("content.dangerous-imitation", "block", "tells children to do something dangerous"),
    "care": (
        "content.needs-an-adult",
        "review",
        "needs an adult beside the child, and the film should say so",
    ),
    "secret": ("content.secret-from-adults", "block", "asks children to keep something from their adults"),
    "person": ("content.harm-to-others", "block", "tells children to hurt or wrong somebody"),
    "self": ("content.harm-to-oneself", "block", "tells children to hurt themselves"),
}


def check_content(material: Material) -> list[Check]:
    """Block list (never overridden), review list, harmful acts, stereotypes, brands, personal data, orders
    to machines; notes included.
    """
    report = Report(material)
    for place, text in [*material.texts(), ("notes", material.notes)]:
        told = place != "notes"
        _check_words(report, place, text)
        _check_personal_data(report, place, text)
        if told:  # of the notes only what is told needs a look
            for act in find_harmful_acts(text):
                _add_act(report, place, act)
            _check_stereotypes(report, place, text)
            _check_orders(report, place, text)
        _check_address(report, place, text)
    for order in find_orders(material.notes):
        report.add(
            "content.instruction-in-notes",
            "review",
            "The notes give orders to a machine here; the sentence was left out of the material",
            material.evidence("notes", span=(order.start, order.end), quote=order.text[:200]),
        )
    report.passed("content.blocked-word", "No word of the block list in any text")
    report.passed("content.review-word", "No word of the review list in any text")
    report.passed("content.brand", "No brand, no advertising and no character of others")
    for rule, _, _ in ACTS.values():
        report.passed(rule, f"Nothing {ACT_PASSED[rule]}")
    report.passed("content.stereotype", "No group of people is judged as one")
    report.passed("content.personal-data", "No personal data in any text")
    report.passed("content.instruction-in-notes", "No orders to a machine in the notes")
    report.passed("content.instruction-in-film", "No orders to a machine in the film's texts")
    report.passed("content.speaks-to-makers", "No sentence speaks to those who make or check the film")
    report.passed("content.other-language", "Every sentence is English")
    return report.checks


ACT_PASSED = {
    "content.dangerous-imitation": "dangerous is told as something to do",
    "content.needs-an-adult": "that needs an adult is told as something to do",
    "content.secret-from-adults": "is to be kept from adults",
    "content.harm-to-others": "tells children to hurt somebody",
    "content.harm-to-oneself": "tells children to hurt themselves",
}


def _check_words(report: Report, place: str, text: str) -> None:
    for word in find_listed_words(text):
        if place == "notes" and not word.blocked:
            continue
        rule = "content.blocked-word" if word.blocked else "content.review-word"
        says = f"“{word.text}” has no place in a film for children"
        if not word.blocked:
            says = f"“{word.text}”: right for this age?"
        if word.kind == "brand":
            rule, says = "content.brand", f"“{word.text}” names or sells a product, or a character of others"
        report.add(
            rule,
            "block" if word.blocked else "review",
            says,
            report.material.evidence(place, span=(word.start, word.end), quote=word.text),
        )


def _add_act(report: Report, place: str, act: HarmfulAct) -> None:
    rule, verdict, says = ACTS[act.kind]
    if act.directed:
        report.add(
            rule,
            verdict,
            f"“{act.text}” {says}",
            report.material.evidence(place, span=(act.start, act.end), quote=act.text),
        )


def _check_stereotypes(report: Report, place: str, text: str) -> None:
    for said in find_stereotypes(text):
        report.add(
            "content.stereotype",
            "block" if said.demeans else "review",
            f"“{said.text} …” judges a whole group of people",
            report.material.evidence(place, span=(said.start, said.end), quote=said.text),
        )


def _check_orders(report: Report, place: str, text: str) -> None:
    for order in find_orders(text):
        report.add(
            "content.instruction-in-film",
            "block",
            f"“{order.text[:120]}” is an order to a machine and tells children nothing",
            report.material.evidence(place, span=(order.start, order.end), quote=order.text[:200]),
        )


def _check_address(report: Report, place: str, text: str) -> None:
    """Doubts: whom a sentence speaks to, and in which language. What is an order is not named twice."""
    orders = find_orders(text)
    for said in find_addressed(text):
        if not any(one.start < said.end and said.start < one.end for one in orders):
            report.add(
                "content.speaks-to-makers",
                "review",
                f"“{said.text[:120]}” seems to speak to those who make or check the film, not to children",
                report.material.evidence(place, span=(said.start, said.end), quote=said.text[:200]),
            )
    for start, end, language in find_foreign(text):
        report.add(
            "content.other-language",
            "review",
            f"“{text[start:end][:120]}” seems to be {language}; the film is English",
            report.material.evidence(place, span=(start, end), quote=text[start:end][:200]),
        )


def _check_personal_data(report: Report, place: str, text: str) -> None:
    for datum in find_personal_data(text):
        if place == "notes" and datum.kind in DOUBTFUL | {"web address"}:
            continue
        rule = "content.school-named" if datum.kind == "school" else "content.personal-data"
        article = "an" if datum.kind[0] in "aei" else "a"
        report.add(
            rule,
            "review" if datum.kind in DOUBTFUL else "block",
            f"“{datum.text}” looks like {article} {datum.kind}",
            report.material.evidence(place, span=(datum.start, datum.end), quote=datum.text),
        )
