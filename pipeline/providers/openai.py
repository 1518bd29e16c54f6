"""The members of the family that speak to OpenAI, under the names that the settings use."""

from __future__ import annotations

from pipeline.providers.openai_image import Image
from pipeline.providers.openai_judge import Decisions, Judge
from pipeline.providers.openai_moderation import Moderation
from pipeline.providers.openai_text import Text

__all__ = ["Decisions", "Image", "Judge", "Moderation", "Text"]
