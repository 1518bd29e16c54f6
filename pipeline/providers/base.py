"""What every provider promises: typed requests in, a typed `Result` out, only the errors below.

A provider knows neither the database nor Celery, does not retry, sleep or log bodies.
Its options come from `PIPELINE_PROVIDERS[alias]["OPTIONS"]`; `identity()` names everything
that decides its output (never a key) and is part of the fingerprint of a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, get_args, runtime_checkable

from pydantic import BaseModel, ConfigDict

from pipeline.providers.errors import (
    ContentRefused,
    CredentialsRejected,
    OutputInvalid,
    OutputTruncated,
    ProviderBusy,
    ProviderDown,
    ProviderError,
    QuotaSpent,
    RequestRejected,
    Unsupported,
    Usage,
)
from pipeline.providers.opinions import (
    JudgeAnswer,
    JudgeMaterial,
    JudgeProvider,
    JudgeQuestion,
    ModerationProvider,
    ModerationScores,
    NotRun,
    PictureToModerate,
)
from pipeline.providers.results import JSON, Result

__all__ = [
    "AGE_GROUPS",
    "JSON",
    "VISUAL_KINDS",
    "ClipRequest",
    "ClipState",
    "ContentRefused",
    "CredentialsRejected",
    "DrawRequest",
    "Drawing",
    "FactsRequest",
    "ImageProvider",
    "JudgeAnswer",
    "JudgeMaterial",
    "JudgeProvider",
    "JudgeQuestion",
    "Line",
    "ModerationProvider",
    "ModerationScores",
    "Moment",
    "NarratedSentence",
    "NotRun",
    "OutputInvalid",
    "OutputTruncated",
    "PictureToModerate",
    "ProviderBusy",
    "ProviderDown",
    "ProviderError",
    "Question",
    "QuizRequest",
    "QuotaSpent",
    "RequestRejected",
    "Result",
    "Script",
    "ScriptRequest",
    "ScriptScene",
    "Speech",
    "SpeechProvider",
    "SpeechRequest",
    "Term",
    "TextProvider",
    "Unsupported",
    "Usage",
    "VideoGenerationAPI",
    "VisualKind",
    "Word",
]

AGE_GROUPS: tuple[str, ...] = ("5-7", "8-10", "11-13", "14-17")

# what each shows and which items it takes: `pipeline.providers.kinds`
VisualKind = Literal[
    "picture",
    "statement",
    "definition",
    "list",
    "parts",
    "process",
    "cycle",
    "comparison",
    "action",
    "number",
    "proportion",
    "bars",
    "timeline",
    "layers",
    "map",
    "clip",
]
VISUAL_KINDS: tuple[str, ...] = get_args(VisualKind)


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# --------------------------------------------------------------------------- text


class Line(_Value):
    """One narrated sentence. `sources` are ids of the note sentences it rests on; empty: it has none."""

    text: str
    sources: list[int] = []


class ScriptScene(_Value):
    narration: list[Line]  # 1-3 sentences, one idea
    on_screen_text: str  # a key phrase, not the narration
    visual_description: str
    visual_kind: VisualKind = "statement"
    items: list[str] = []  # what is shown one by one, "text" or "text | detail", as the kind reads them


class Moment(_Value):
    """A thinking pause after scene `after_scene` (index into `Script.scenes`)."""

    after_scene: int
    kind: Literal["predict", "recall", "spot"]
    prompt: str


class Term(_Value):
    term: str
    meaning: str
    sources: list[int] = []


class Script(_Value):
    title: str  # at most 60 characters
    learning_objective: str
    topic: str
    difficulty: int  # 1-10
    hook: Line
    scenes: list[ScriptScene]  # 4-9
    moments: list[Moment]  # 2-3
    recap: Line
    glossary: list[Term] = []


class Question(_Value):
    """A yes/no question, answerable from the narration alone.

    `evidence_sentence` stands in the narration, `evidence_quote` in the notes. `must_confirm` is
    set where an altered statement may still be true in the world: a person must look.
    """

    question: str
    answer: bool
    explanation: str
    evidence_sentence: str
    evidence_quote: str
    source_ids: list[int] = []
    must_confirm: bool = False


@dataclass(frozen=True)
class ScriptRequest:
    concept: str
    age_group: str
    notes: str
    target_seconds: int = 70
    words_per_minute: int = 0  # speaking rate of the voice in use; 0: the target of the age group
    language: str = "en"
    must_say: tuple[str, ...] = ()
    must_not_say: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class NarratedSentence:
    """A sentence as the film says it: scene position, text, source ids."""

    scene: int
    text: str
    sources: tuple[int, ...] = ()


@dataclass(frozen=True)
class QuizRequest:
    narration: tuple[NarratedSentence, ...]
    notes: str
    age_group: str
    concept: str = ""
    language: str = "en"


@dataclass(frozen=True)
class FactsRequest:
    """Facts wanted about a concept for which the creator gave no notes."""

    concept: str
    age_group: str
    language: str = "en"


@runtime_checkable
class TextProvider(Protocol):
    def identity(self) -> Mapping[str, JSON]: ...

    def write_facts(self, request: FactsRequest) -> Result[list[str]]:
        """8-15 plain facts, a sentence each. They are a model's (`origin: model`): a person reads them
        before anything is made from them."""
        ...

    def write_script(self, request: ScriptRequest) -> Result[Script]: ...
    def write_quiz(self, request: QuizRequest) -> Result[list[Question]]: ...


# --------------------------------------------------------------------------- pictures


@dataclass(frozen=True)
class DrawRequest:
    """What one scene shows. Sizes are pixels; `seed` makes takes differ and repeats equal."""

    description: str
    kind: str
    on_screen_text: str
    items: tuple[str, ...] = ()
    narration: str = ""
    role: str = "scene"  # hook | scene | moment | recap
    style: str = "auto"
    subject: str = ""
    age_group: str = "8-10"
    seed: int = 0
    width: int = 1080
    height: int = 1920


@dataclass(frozen=True)
class Drawing:
    """How a scene looks: a description that `pipeline.media` renders, and the picture files it names."""

    spec: dict[str, JSON]
    files: tuple[Path, ...] = ()


@runtime_checkable
class ImageProvider(Protocol):
    def identity(self) -> Mapping[str, JSON]: ...
    def draw(self, request: DrawRequest, workdir: Path) -> Result[Drawing]: ...


# --------------------------------------------------------------------------- speech


@dataclass(frozen=True)
class SpeechRequest:
    """`rate` is words a minute; `voice` a name of this provider, "" its default."""

    text: str
    voice: str = ""
    rate: int = 130
    language: str = "en"
    seed: int = 0


@dataclass(frozen=True)
class Word:
    """A word as written in the script, with its time in the sound, in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Speech:
    """`path` is a mono WAV; `timing` says where the times come from."""

    path: Path
    seconds: float
    words: tuple[Word, ...]
    timing: Literal["exact", "aligned", "estimated"] = "exact"
    sample_rate: int = 22050


@runtime_checkable
class SpeechProvider(Protocol):
    def identity(self) -> Mapping[str, JSON]: ...
    def speak(self, request: SpeechRequest, path: Path) -> Result[Speech]: ...


# --------------------------------------------------------------------------- clips (polled vendors)


@dataclass(frozen=True)
class ClipRequest:
    prompt: str
    seconds: float
    key: str  # the run's fingerprint: the vendor's idempotency key
    first_picture: Path | None = None
    width: int = 1080
    height: int = 1920
    seed: int = 0


@dataclass(frozen=True)
class ClipState:
    state: Literal["queued", "running", "succeeded", "failed", "refused"]
    progress: float = 0.0
    error: str = ""
    usage: Usage = field(default_factory=Usage)


class VideoGenerationAPI(Protocol):
    def identity(self) -> Mapping[str, JSON]: ...
    def submit(self, request: ClipRequest) -> str: ...
    def poll(self, job_id: str) -> ClipState: ...
    def fetch(self, job_id: str, path: Path) -> Result[Path]: ...
