"""What the judge is asked about a film, a filter at a time: closed questions, and what they are about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.providers import prompts
from pipeline.providers.base import JudgeMaterial, JudgeQuestion
from pipeline.quality.material import Material, Sentence

OWN, AGAIN = "list", "again"  # the ask over everything; a second opinion of the sentences
QUIZ = "questions"  # the part of the material that no quote may come from: it is what is asked
LINE = re.compile(r"- (?P<id>[\w-]+) \[(?P<choices>[^\]]+)\](?P<flags>[^:]*): (?P<text>.+)")


@dataclass(frozen=True)
class Template:
    """A question of a prompt file. `bad` is the answer that is a finding, "" where that is not one answer."""

    id: str
    choices: tuple[str, ...]
    text: str
    bad: str
    ordered: bool
    quoted: bool

    def ask(self, key: str = "") -> JudgeQuestion:
        """The question itself, or about one sentence or question, whose key fills {id}.

        Only the key: people's words stay in the material, where nothing is an instruction.
        """
        asked = self.text.replace("{id}", key)
        name = f"{self.id}.{key}" if key else self.id
        return JudgeQuestion(name, asked, self.choices, self.ordered, self.quoted)


@dataclass(frozen=True)
class Ask:
    """One call of the judge: "list" over everything, "blind" without the film, "told" with the transcript,
    "again" for a second opinion of every claim."""

    name: str
    questions: tuple[JudgeQuestion, ...]
    material: JudgeMaterial


def prompt_of(name: str) -> str:
    """The prompt file of a filter's questions."""
    return f"judge-{name}"


@cache
def templates(name: str) -> dict[str, Template]:
    """The questions of a filter by id. Raises ValueError for a line that is none."""
    found: dict[str, Template] = {}
    for line in prompts.load(prompt_of(name)).text.splitlines():
        read = LINE.fullmatch(line)
        if read is None:
            raise ValueError(f"prompts/{prompt_of(name)}.md has a line that asks nothing: {line[:60]}")
        flags = read["flags"].split()
        bad = next((flag.removeprefix("bad=") for flag in flags if flag.startswith("bad=")), "")
        choices = tuple(read["choices"].split("|"))
        found[read["id"]] = Template(
            read["id"], choices, read["text"], bad, "ordered" in flags, "unquoted" not in flags
        )
    return found


def claims_by_id(material: Material) -> dict[str, Sentence]:
    """The narrated sentences that claim something, as "s1", "s2", …: what the judge calls them."""
    told = [one for one in material.sentences if one.is_claim]
    return {f"s{number}": one for number, one in enumerate(told, 1)}


def make_asks(name: str, material: Material, *, pictures: Sequence[Path] = ()) -> list[Ask]:
    """The calls of a filter; pictures go along only where a question is about them."""
    known = templates(name)
    whole = _material(name, material, _texts(material), pictures)
    if name == "factual_accuracy":
        questions = [known[kind].ask(key) for key in claims_by_id(material) for kind in ("claim", "world")]
        questions += [
            known["false"].ask(str(number))
            for number, question in enumerate(material.questions, 1)
            if not question["answer"]
        ]
        words = _material(name, material, _texts(material), ())
        again = tuple(known[AGAIN].ask(key) for key in claims_by_id(material))
        return [Ask(OWN, tuple(questions), words), Ask(AGAIN, again, words)]
    if name == "age_appropriateness":
        questions = [one.ask() for one in known.values()]
        return [Ask(OWN, tuple(questions), _material(name, material, _texts(material), ()))]
    if name != "educational_value":
        return [Ask(OWN, tuple(one.ask() for one in known.values()), whole)]
    checklist = tuple(one.ask() for key, one in known.items() if key not in {"blind", "told"})
    numbers = [str(number) for number in range(1, len(material.questions) + 1)]
    lines = [f"{number}. {one['question']}" for number, one in enumerate(material.questions, 1)]
    asked = (QUIZ, "\n".join(lines))
    transcript = ("transcript", transcript_of(material))
    return [
        Ask(OWN, checklist, whole),
        Ask(
            "blind",
            tuple(known["blind"].ask(number) for number in numbers),
            _material(name, material, (asked,), ()),
        ),
        Ask(
            "told",
            tuple(known["told"].ask(number) for number in numbers),
            _material(name, material, (transcript, asked), ()),
        ),
    ]


def transcript_of(material: Material) -> str:
    """What the film says, without its thinking moments: they hold the questions."""
    return " ".join(one.text for one in material.sentences if one.role != "moment")


def _material(
    name: str, material: Material, texts: Sequence[tuple[str, str]], pictures: Sequence[Path]
) -> JudgeMaterial:
    return JudgeMaterial(name, tuple(texts), tuple(pictures), material.age_group)


def _texts(material: Material) -> tuple[tuple[str, str], ...]:
    """The full notes and the whole script, every time: what a judge knows matters more than brevity."""
    notes = "\n".join(f"{one.id}. {one.text}" for one in material.note_sentences.values())
    keys = {id(sentence): key for key, sentence in claims_by_id(material).items()}
    script = [f"Title: {material.script.get('title') or ''}"]
    script.append(f"Learning objective: {material.script.get('learning_objective') or ''}")
    for scene in material.scenes:
        script.append(f"[{scene['role']} {scene['position']}] on the screen: {scene['on_screen_text']}")
        script += [
            f"{keys.get(id(one), '-')}: {one.text}"
            for one in material.sentences
            if one.scene == scene["position"]
        ]
    pictures = [f"{scene['position']}: {scene['visual_description']}" for scene in material.scenes]
    quiz = [
        f"{number}. {one['question']} ({'yes' if one['answer'] else 'no'}) {one['explanation']}"
        for number, one in enumerate(material.questions, 1)
    ]
    return (
        ("notes", notes),
        ("script", "\n".join(script)),
        ("pictures", "\n".join(pictures)),
        ("quiz", "\n".join(quiz)),
    )
