"""The film that `benchmarks.render` makes: eight fixed scenes of about a minute, of every layout.

The script is given, so that a change to the offline author does not change what is measured; all
other steps do their work on it as on any other film.
"""

from __future__ import annotations

from typing import Any

from pipeline.steps.base import SceneDraft
from pipeline.steps.script import draft_as_json

CONCEPT = "How a leaf makes food from light"
AGE_GROUP = "11-13"
EDITED = 3  # the scene that gets another sentence, and then another picture
EDIT = "Each leaf has many thousands of stomata on its lower side."

# (role, on-screen text, what is shown, kind, items, pause in seconds, sentences)
_SCENES: tuple[tuple[str, str, str, str, tuple[str, ...], float, tuple[str, ...]], ...] = (
    (
        "hook",
        "How a leaf eats light",
        "a green leaf in the sun",
        "picture",
        (),
        0.0,
        (
            "A leaf makes its own food.",
            "Plants turn light into chemical energy.",
        ),
    ),
    (
        "scene",
        "Just three things",
        "sun, water and air",
        "list",
        ("Sunlight", "Water", "Carbon dioxide"),
        0.0,
        (
            "Plants need carbon dioxide, water and light for photosynthesis.",
            "Roots absorb water from the soil.",
        ),
    ),
    (
        "moment",
        "Where does the air get in?",
        "a question about a leaf",
        "statement",
        (),
        1.5,
        ("Where do you think the air gets into a leaf?",),
    ),
    (
        "scene",
        "Thousands of tiny pores",
        "a leaf breathing air through pores",
        "definition",
        (),
        0.0,
        (
            "Carbon dioxide enters the leaf through small pores called stomata.",
            "The underside of a leaf has thousands of stomata.",
        ),
    ),
    (
        "scene",
        "From light to sugar",
        "a factory inside a plant",
        "process",
        ("Catch light", "Split water", "Build sugar"),
        0.0,
        (
            "Chloroplasts contain a green pigment called chlorophyll.",
            "Chlorophyll absorbs red and blue light and reflects green light.",
        ),
    ),
    (
        "scene",
        "One tree, one year",
        "a large tree",
        "number",
        ("100 kg", "of oxygen released"),
        0.0,
        (
            "A large tree releases about 100 kilograms of oxygen in a year.",
            "Tiny plankton in the oceans produce half of our oxygen.",
        ),
    ),
    (
        "scene",
        "Day and night",
        "a plant by day and by night",
        "comparison",
        ("Day: makes sugar", "Night: uses sugar"),
        0.0,
        (
            "By day the leaf makes more glucose than the plant uses.",
            "By night the plant lives on the starch in its roots.",
        ),
    ),
    (
        "recap",
        "Light in, sugar out",
        "a leaf, the sun and water",
        "statement",
        ("Light, water and air go in", "Sugar and oxygen come out"),
        0.0,
        (
            "The products of photosynthesis are glucose and oxygen.",
            "Photosynthesis feeds almost all life on Earth.",
        ),
    ),
)


def notes() -> str:
    """The source notes: all that the film says."""
    return " ".join(text for *_, sentences in _SCENES for text in sentences if not text.endswith("?"))


def drafts() -> tuple[SceneDraft, ...]:
    told = 0  # the notes' sentences are numbered from 1
    made = []
    for position, (role, title, shown, kind, items, pause, sentences) in enumerate(_SCENES):
        lines = []
        for text in sentences:
            is_told = not text.endswith("?")
            told += is_told
            lines.append({"text": text, "sources": [told] if is_told else []})
        made.append(SceneDraft(position, role, tuple(lines), title, shown, kind, items, pause))
    return tuple(made)


def script_facts() -> dict[str, Any]:
    """What the script step would have left behind."""
    scenes = drafts()
    lines = {draft.role: dict(draft.lines[0]) for draft in scenes}
    return {
        "script": {
            "title": "How a leaf eats light",
            "learning_objective": "Name what a leaf takes in and what it gives back.",
            "topic": "Biology",
            "difficulty": 3,
            "hook": lines["hook"],
            "scenes": [
                {
                    "narration": [dict(line) for line in draft.lines],
                    "on_screen_text": draft.on_screen_text,
                    "visual_description": draft.visual_description,
                    "visual_kind": draft.visual_kind,
                    "items": list(draft.items),
                }
                for draft in scenes
                if draft.role == "scene"
            ],
            "moments": [{"after_scene": 1, "kind": "predict", "prompt": scenes[2].lines[0]["text"]}],
            "recap": lines["recap"],
            "glossary": [],
        },
        "scenes": [draft_as_json(draft) for draft in scenes],
        "fallbacks": [],
    }
