"""The double speaks as the vendors do: strict validation takes its replies; it refuses what they refuse."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from elevenlabs import AudioWithTimestampsResponse
from PIL import Image
from pydantic import BaseModel

from pipeline.providers.base import Script
from pipeline.providers.schemas import NotStrict, strict_schema
from pipeline.providers.writing import QuizAnswer
from tests.double import ELEVENLABS_KEY, OPENAI_KEY, Double
from tests.double.schema_rules import find_schema_faults, instance_of


@pytest.fixture
def client(double: Double) -> openai.OpenAI:
    return openai.OpenAI(
        api_key=OPENAI_KEY, base_url=f"{double.url}/v1", max_retries=0, _strict_response_validation=True
    )


def shape(schema: dict[str, Any]) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "strict": True, "name": "value", "schema": schema}}


def test_every_reply_passes_strict_validation(client: openai.OpenAI) -> None:
    schema = strict_schema(QuizAnswer)
    text: Any = shape(schema)
    assert client.responses.create(model="text-model", input="x", text=text).output_text
    cut = client.responses.create(model="text-model", input="x", text=text, max_output_tokens=1)
    assert cut.incomplete_details is not None
    assert client.chat.completions.create(
        model="text-model", messages=[{"role": "user", "content": "x"}]
    ).choices
    assert client.moderations.create(input=["a", "b"]).results[1].flagged is False
    assert client.images.generate(prompt="a bee", model="image-model", size="1024x1536").data
    assert client.decisions.create(
        model="judge-model",
        input="x",
        questions=[
            {"type": "predicate", "instructions": "Is it?"},
            {"type": "choice", "instructions": "Which?", "choices": [{"value": "a"}, {"value": "b"}]},
            {"type": "score", "instructions": "How?", "levels": [{"label": "1"}, {"label": "2"}]},
        ],
    ).answers
    assert [model.shutdown_date for model in client.models.list()] == [None] * 4


def test_elevenlabs_reply_is_what_its_model_demands(double: Double) -> None:
    reply = httpx.post(
        f"{double.url}/v1/text-to-speech/any/with-timestamps",
        json={"text": "Bees dance."},
        headers={"xi-api-key": ELEVENLABS_KEY},
    )
    model = AudioWithTimestampsResponse.model_validate(reply.json())
    assert model.alignment is not None
    assert "".join(model.alignment.characters) == "Bees dance."
    assert reply.headers["character-cost"] == "11"


def test_a_picture_is_of_the_asked_size_and_sizes_must_divide_by_sixteen(client: openai.OpenAI) -> None:
    reply = client.images.generate(prompt="a bee", model="image-model", size="1088x1920")
    assert reply.data is not None
    content = base64.b64decode(reply.data[0].b64_json or "")
    assert Image.open(io.BytesIO(content)).size == (1088, 1920)
    with pytest.raises(openai.BadRequestError):
        client.images.generate(prompt="a bee", model="image-model", size="1080x1920")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "required": [],
            "additionalProperties": False,
        },
        {"type": "object", "properties": {}, "required": [], "additionalProperties": {"type": "string"}},
        {"type": "array", "items": {"type": "string"}},
        {
            "type": "object",
            "properties": {"a": {"type": "string", "minLength": 1}},
            "required": ["a"],
            "additionalProperties": False,
        },
    ],
)
def test_a_schema_that_is_not_strict_is_refused(client: openai.OpenAI, schema: dict[str, Any]) -> None:
    text: Any = shape(schema)
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model="text-model", input="x", text=text)


def test_our_schemas_obey_the_rules_and_our_models_read_what_they_allow() -> None:
    for model in (Script, QuizAnswer):
        schema = strict_schema(model)
        assert list(find_schema_faults(schema)) == []
        model.model_validate(instance_of(schema))


def test_what_no_strict_schema_can_say_is_refused_by_name() -> None:
    class Mapping(BaseModel):
        pairs: dict[str, str]

    class Open(BaseModel):
        anything: Any

    class Itself(BaseModel):
        inner: Itself | None

    Itself.model_rebuild(_types_namespace={"Itself": Itself})
    for model, place in ((Mapping, "Mapping.pairs"), (Open, "Open.anything"), (Itself, "Itself")):
        with pytest.raises(NotStrict, match=place):
            strict_schema(model)


def test_optional_is_a_choice_with_null() -> None:
    class Optional(BaseModel):
        maybe: int | None = None

    assert strict_schema(Optional) == {
        "type": "object",
        "properties": {"maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
        "required": ["maybe"],
        "additionalProperties": False,
    }


def test_an_unknown_address_is_404_and_a_missing_key_401(double: Double) -> None:
    key = {"authorization": f"Bearer {OPENAI_KEY}"}
    assert httpx.get(f"{double.url}/v1/nothing", headers=key).status_code == 404
    assert httpx.post(f"{double.url}/v1/responses", json={}).status_code == 401
    assert (
        httpx.post(f"{double.url}/v1/moderations", json={}, headers={"xi-api-key": "no"}).status_code == 401
    )


def test_a_repeat_is_found(double: Double, client: openai.OpenAI) -> None:
    for _ in range(2):
        client.moderations.create(input="the same")
    assert double.find_repeats() == ["POST /v1/moderations"]


def test_faults_can_be_set_by_hand(double: Double, client: openai.OpenAI) -> None:
    control = f"{double.url}/double"
    asked = {"route": "/v1/moderations", "status": 500, "times": 2}
    assert httpx.post(f"{control}/faults", json=asked).json() == {"done": "faults"}
    for _ in range(2):
        with pytest.raises(openai.InternalServerError):
            client.moderations.create(input="any")
    assert client.moderations.create(input="any").results
    told = httpx.get(f"{control}/calls").json()
    assert [call["status"] for call in told] == [500, 500, 200]
    assert OPENAI_KEY not in str(told)
    assert httpx.post(f"{control}/faults", json={}).status_code == 400
    assert httpx.post(f"{control}/nothing", json={}).status_code == 404


def test_alignment_and_transcription_spread_the_words_over_the_sound(double: Double, tmp_path: Path) -> None:
    from tests.double.speech import as_wav, say  # noqa: PLC0415 - only here

    sound = as_wav(say("Bees dance.", 150)[0])
    aligned = httpx.post(
        f"{double.url}/v1/forced-alignment",
        data={"text": "Bees dance."},
        files={"file": ("a.wav", sound)},
        headers={"xi-api-key": ELEVENLABS_KEY},
    ).json()
    assert [word["text"] for word in aligned["words"]] == ["Bees", "dance."]
    double.say("Bees dance.")
    heard = httpx.post(
        f"{double.url}/v1/audio/transcriptions",
        data={"model": "any"},
        files={"file": ("a.wav", sound)},
        headers={"authorization": f"Bearer {OPENAI_KEY}"},
    ).json()
    assert heard["text"] == "Bees dance."


def test_analytics_events_are_taken_with_a_key(double: Double) -> None:
    address = f"{double.url}/2/httpapi"
    assert httpx.post(address, json={"events": []}).status_code == 400
    assert httpx.post(address, json={"api_key": "k", "events": [{}]}).json()["events_ingested"] == 1
