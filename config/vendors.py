"""Which provider makes what, from the environment: one entry an alias, in the shape of `STORAGES`.

Without a key everything is made offline. With a key the vendor is used for what it can do; `…_PROVIDER`
says otherwise. Model names stand here and in the environment only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config import env

Entry = dict[str, Any]
OFFLINE: dict[str, Entry] = {
    "text": {"BACKEND": "pipeline.providers.offline.Author", "OPTIONS": {}},
    "judge": {"BACKEND": "pipeline.providers.offline.NoJudge", "OPTIONS": {}},
    "second": {"BACKEND": "pipeline.providers.offline.NoJudge", "OPTIONS": {}},
    "moderation": {"BACKEND": "pipeline.providers.offline.NoModeration", "OPTIONS": {}},
    "image": {"BACKEND": "pipeline.providers.cards.Cards", "OPTIONS": {}},
    "speech": {"BACKEND": "pipeline.providers.espeak.Speech", "OPTIONS": {}},
    "clip": {"BACKEND": "pipeline.providers.motion.Renderer", "OPTIONS": {}},
}
OPENAI_URL = "https://api.openai.com/v1"
ELEVENLABS_URL = "https://api.elevenlabs.io"


def read_providers() -> dict[str, Entry]:
    """`PIPELINE_PROVIDERS`. A fallback is an alias of its own, "text-fallback". Raises ImproperlyConfigured
    for a provider that does not exist."""
    found: dict[str, Entry] = {}
    for alias, members in _MEMBERS.items():
        name = env.text(f"{alias.upper()}_PROVIDER") or _usual(alias)
        if name not in members:
            raise ImproperlyConfigured(
                f"{alias.upper()}_PROVIDER is {name!r}; it must be one of {', '.join(members)}."
            )
        found[alias] = members[name]()
        fallback = env.text(f"{alias.upper()}_FALLBACK")
        if fallback:
            if fallback not in members or fallback == name:
                raise ImproperlyConfigured(
                    f"{alias.upper()}_FALLBACK is {fallback!r}; it must be another of {', '.join(members)}."
                )
            found[f"{alias}-fallback"] = members[fallback]()
            found[alias] = {**found[alias], "FALLBACK": f"{alias}-fallback"}
    return found


def _usual(alias: str) -> str:
    """The vendor whose key is there, else offline."""
    if alias == "speech":
        return "elevenlabs" if env.text("ELEVENLABS_API_KEY") else "offline"
    if alias in ("clip", "second"):  # only where somebody asks for them
        return "offline"
    return "openai" if env.text("OPENAI_API_KEY") else "offline"


def _openai() -> dict[str, Any]:
    return {
        "key": env.text("OPENAI_API_KEY"),
        "base_url": env.text("OPENAI_BASE_URL", OPENAI_URL),
        "organization": env.text("OPENAI_ORGANIZATION"),
        "project": env.text("OPENAI_PROJECT"),
    }


def _compatible(alias: str) -> dict[str, Any]:
    """A server of one's own: its own address and key, else those of OPENAI_…"""
    name = alias.upper()
    return {
        "key": env.text(f"{name}_API_KEY", env.text("OPENAI_API_KEY")),
        "base_url": env.text(f"{name}_BASE_URL", env.text("OPENAI_BASE_URL", OPENAI_URL)),
        "model": env.text(f"{name}_MODEL"),
    }


def _chat(alias: str) -> dict[str, Any]:
    name = alias.upper()
    return {
        **_compatible(alias),
        "structured": env.text(f"{name}_STRUCTURED", "json_schema"),
        "max_tokens_name": env.text(f"{name}_MAX_TOKENS_NAME", "max_completion_tokens"),
    }


def _voices(name: str, default: str) -> dict[str, str]:
    """ "id" or "name=id, …": the first is also the default voice."""
    pairs = [part.partition("=") for part in env.names(name, default)]
    voices = {first.strip() if rest else "": (rest or first).strip() for first, _, rest in pairs}
    return voices if "" in voices or not voices else {"": next(iter(voices.values())), **voices}


def _entry(backend: str, **options: Any) -> Entry:
    return {"BACKEND": f"pipeline.providers.{backend}", "OPTIONS": options}


def _offline(alias: str) -> Callable[[], Entry]:
    return lambda: dict(OFFLINE[alias])


_MEMBERS: dict[str, dict[str, Callable[[], Entry]]] = {
    "text": {
        "offline": _offline("text"),
        "openai": lambda: _entry("openai.Text", model=env.text("TEXT_MODEL", "gpt-6.2-sol"), **_openai()),
        "openai-chat": lambda: _entry("openai_chat.Text", **_chat("text")),
    },
    "judge": {
        "offline": _offline("judge"),
        "openai": lambda: _entry("openai.Judge", model=env.text("JUDGE_MODEL", "gpt-6-luna"), **_openai()),
        "openai-chat": lambda: _entry("openai_chat.Judge", **_chat("judge")),
        "decisions": lambda: _entry(
            "openai.Decisions", model=env.text("JUDGE_MODEL", "gpt-6-luna"), **_openai()
        ),
    },
    "second": {
        "offline": _offline("second"),
        "openai": lambda: _entry("openai.Judge", model=env.text("SECOND_MODEL", "gpt-6-luna"), **_openai()),
        "openai-chat": lambda: _entry("openai_chat.Judge", **_chat("second")),
        "decisions": lambda: _entry(
            "openai.Decisions", model=env.text("SECOND_MODEL", "gpt-6-luna"), **_openai()
        ),
    },
    "moderation": {
        "offline": _offline("moderation"),
        "openai": lambda: _entry(
            "openai.Moderation", model=env.text("MODERATION_MODEL", "omni-moderation-latest"), **_openai()
        ),
    },
    "image": {
        "offline": _offline("image"),
        "openai": lambda: _entry(
            "openai.Image",
            model=env.text("IMAGE_MODEL", "gpt-image-2.6-flare"),
            quality=env.text("IMAGE_QUALITY", "medium"),
            **_openai(),
        ),
    },
    "speech": {
        "offline": _offline("speech"),
        "elevenlabs": lambda: _entry(
            "elevenlabs.Speech",
            key=env.text("ELEVENLABS_API_KEY"),
            base_url=env.text("ELEVENLABS_BASE_URL", ELEVENLABS_URL),
            model=env.text("ELEVENLABS_MODEL", "eleven_multilingual_v2"),
            voices=_voices("ELEVENLABS_VOICES", "JBFqnCBsd6RMkjVDRZzb"),
        ),
        "openai-speech": lambda: _entry(
            "openai_speech.Speech", voices=_voices("SPEECH_VOICES", "alloy"), **_compatible("speech")
        ),
    },
    "clip": {
        "offline": _offline("clip"),
        "http": lambda: _entry(
            "clips.Http",
            key=env.text("CLIP_API_KEY"),
            base_url=env.text("CLIP_BASE_URL"),
            model=env.text("CLIP_MODEL"),
        ),
    },
}
