"""A scene of each kind, for the pictures of docs/scene-language.md and for tests."""

from __future__ import annotations

from pipeline.providers.base import DrawRequest
from pipeline.providers.kinds import KINDS


def _example(
    kind: str, headline: str, narration: str, *, subject: str, age_group: str, role: str = "scene"
) -> DrawRequest:
    items = KINDS[kind].example if kind in KINDS else ()
    return DrawRequest(
        description=headline,
        kind=kind if kind in KINDS else "statement",
        on_screen_text=headline,
        items=items,
        narration=narration,
        role=role,
        subject=subject,
        age_group=age_group,
    )


EXAMPLES: dict[str, DrawRequest] = {
    "hook": _example(
        "hook",
        "Honey bees",
        "What are honey bees?",
        subject="Biology: Honey bees",
        age_group="5-7",
        role="hook",
    ),
    "picture": _example(
        "picture",
        "Bees and flowers",
        "Bees find flowers in the warm garden.",
        subject="Biology: Animals",
        age_group="8-10",
    ),
    "statement": _example(
        "statement",
        "A busy brain",
        "The brain is busy day and night.",
        subject="Human body: The brain",
        age_group="11-13",
    ),
    "definition": _example(
        "definition",
        "Evaporation",
        "When water turns into a gas, we call it evaporation.",
        subject="Earth science: The water cycle",
        age_group="8-10",
    ),
    "list": _example(
        "list",
        "What plants need",
        "Plants need sunlight, water and air.",
        subject="Biology: Plants",
        age_group="8-10",
    ),
    "parts": _example(
        "parts",
        "A flower",
        "A flower has petals, a stem and roots.",
        subject="Biology: Plants",
        age_group="5-7",
    ),
    "process": _example(
        "process",
        "From cloud to sea",
        "First the rain falls. Then the rivers fill. At last the water reaches the sea.",
        subject="Earth science: Rivers",
        age_group="8-10",
    ),
    "cycle": _example(
        "cycle",
        "Round and round",
        "Evaporation makes clouds, clouds make rain, and it starts again.",
        subject="Earth science: The water cycle",
        age_group="8-10",
    ),
    "comparison": _example(
        "comparison",
        "Magma and rock",
        "Magma is lighter than the solid rock around it.",
        subject="Geography: Volcanoes",
        age_group="11-13",
    ),
    "action": _example(
        "action",
        "Bees at work",
        "All day the bees visit the flowers.",
        subject="Biology: Bees",
        age_group="5-7",
    ),
    "number": _example(
        "number",
        "A busy heart",
        "Your heart makes about 100,000 beats a day.",
        subject="Human body: The heart",
        age_group="8-10",
    ),
    "proportion": _example(
        "proportion",
        "Water on Earth",
        "Of all the water on Earth only 3% is fresh water.",
        subject="Geography: Water",
        age_group="11-13",
    ),
    "bars": _example(
        "bars",
        "How long?",
        "A blue whale is 30 metres long, and a bus only 11 metres.",
        subject="Biology: Whales",
        age_group="8-10",
    ),
    "timeline": _example(
        "timeline",
        "One small step",
        "In 1969 people walked on the Moon for the first time.",
        subject="Space: The Moon",
        age_group="11-13",
    ),
    "layers": _example(
        "layers",
        "Inside the Earth",
        "Under the crust lies the mantle, and in the middle the core.",
        subject="Geography: The Earth",
        age_group="11-13",
    ),
    "map": _example(
        "map",
        "Iceland",
        "In Iceland hot water from the ground heats the homes.",
        subject="Geography: Iceland",
        age_group="11-13",
    ),
    "moment": _example(
        "moment",
        "Do bees have six legs?",
        "Think about it: do bees have six legs?",
        subject="Biology: Bees",
        age_group="8-10",
        role="moment",
    ),
    "recap": DrawRequest(
        description="rain",
        kind="list",
        on_screen_text="The water cycle",
        items=("Evaporation", "Clouds", "Rain"),
        narration="Remember: evaporation makes clouds, and clouds bring rain.",
        role="recap",
        subject="Earth science: The water cycle",
        age_group="8-10",
    ),
}
