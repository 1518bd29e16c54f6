"""Every way in which a vendor can fail, through the real SDKs: one call, one kind, nothing told on."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.providers.base import (
    DrawRequest,
    FactsRequest,
    JudgeMaterial,
    JudgeQuestion,
    ProviderError,
    SpeechRequest,
)
from tests.double import ELEVENLABS_KEY, OPENAI_KEY, Double
from tests.pipeline.providers import conftest as members

SECRET = "body-of-the-vendor-1234"
TEXT = "A bee dances to tell the others."
RESPONSES, CHAT = "/v1/responses", "/v1/chat/completions"
VOICE = "/v1/text-to-speech/{voice}/with-timestamps"


def openai_error(status: int, code: str, **headers: str) -> dict[str, Any]:
    body = {"error": {"message": SECRET, "type": "any_error", "param": None, "code": code}}
    return {
        "status": status,
        "body": body,
        "headers": {name.replace("_", "-"): v for name, v in headers.items()},
    }


def elevenlabs_error(status: int, code: str) -> dict[str, Any]:
    return {"status": status, "body": {"detail": {"status": code, "message": SECRET}}}


def failed(code: str) -> dict[str, Any]:
    return {"values": {"status": "failed", "error": {"code": code, "message": SECRET}}}


def incomplete(reason: str) -> dict[str, Any]:
    return {"values": {"status": "incomplete", "incomplete_details": {"reason": reason}}}


def refused(reply: dict[str, Any]) -> dict[str, Any]:
    reply["output"][0]["content"] = [{"type": "refusal", "refusal": SECRET}]
    return reply


def finish(reason: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(reply: dict[str, Any]) -> dict[str, Any]:
        reply["choices"][0]["finish_reason"] = reason
        return reply

    return change


def declined(reply: dict[str, Any]) -> dict[str, Any]:
    reply["choices"][0]["message"] |= {"content": None, "refusal": SECRET}
    return reply


def fail_to(call: Callable[[], Any]) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        call()
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(vars(caught.value))
    for secret in (SECRET, OPENAI_KEY, ELEVENLABS_KEY, "Bearer"):
        assert secret not in told
    return caught.value


FACTS = FactsRequest("bees", "8-10")

CODES = {
    "transient": "platform:provider-down",
    "rate_limited": "platform:provider-busy",
    "quota": "platform:quota-spent",
    "auth": "platform:credentials-rejected",
    "refused": "creator:content-refused",
    "truncated": "platform:output-truncated",
    "bad_output": "platform:output-invalid",
    "bad_request": "platform:request-rejected",
    "too_long": "creator:notes-too-long",  # of the kind bad_request
}
Faults = dict[str, tuple[dict[str, Any], str, int]]  # the fault, its kind, how many requests are billed
PAGE = {"raw": f"<html>{SECRET}".encode(), "content_type": "text/html"}
OPENAI_FAULTS: Faults = {
    "408": (openai_error(408, "timeout"), "transient", 0),
    "409": (openai_error(409, "conflict"), "transient", 0),
    "500": (openai_error(500, "server_error"), "transient", 0),
    "503": (openai_error(503, "overloaded"), "transient", 0),
    "500 html": ({"status": 500, **PAGE}, "transient", 0),
    "dropped before": ({"drop": "before"}, "transient", 1),
    "dropped in the body": ({"drop": "body"}, "transient", 1),
    "429": (openai_error(429, "rate_limit_exceeded", retry_after="7"), "rate_limited", 0),
    "slow down": (openai_error(503, "slow_down"), "rate_limited", 0),
    "insufficient quota": (openai_error(429, "insufficient_quota"), "quota", 0),
    "balance": (openai_error(429, "credit_balance_exhausted"), "quota", 0),
    "spend limit": (openai_error(429, "project_spend_limit_exceeded"), "quota", 0),
    "usage limit": (openai_error(429, "organization_usage_limit_exceeded"), "quota", 0),
    "hard limit": (openai_error(400, "billing_hard_limit_reached"), "quota", 0),
    "401": (openai_error(401, "invalid_api_key"), "auth", 0),
    "403": (openai_error(403, "unsupported_country"), "auth", 0),
    "content filter": (openai_error(400, "content_filter"), "refused", 0),
    "moderation": (openai_error(400, "moderation_blocked"), "refused", 0),
    "policy": (openai_error(400, "content_policy_violation"), "refused", 0),
    "invalid prompt": (openai_error(400, "invalid_prompt"), "refused", 0),
    "too long": (openai_error(400, "context_length_exceeded"), "too_long", 0),
    "400": (openai_error(400, "invalid_value"), "bad_request", 0),
    "404": (openai_error(404, "model_not_found"), "bad_request", 0),
    "422": (openai_error(422, "unprocessable"), "bad_request", 0),
    "307": ({"redirect": "http://127.0.0.1:9/elsewhere"}, "bad_request", 0),
}  # fmt: skip

RESPONSES_FAULTS: Faults = {
    "failed, server error": (failed("server_error"), "transient", 1),
    "failed, rate limit": (failed("rate_limit_exceeded"), "rate_limited", 1),
    "failed, invalid prompt": (failed("invalid_prompt"), "refused", 1),
    "failed, policy": (failed("misalignment_policy_violation"), "refused", 1),
    "failed, picture": (failed("invalid_image"), "bad_request", 1),
    "filtered": (incomplete("content_filter"), "refused", 1),
    "refusal": ({"transform": refused}, "refused", 1),
    "queued": ({"values": {"status": "queued"}}, "bad_output", 1),
    "html": (PAGE, "bad_output", 1),
    "empty object": ({"raw": b"{}"}, "bad_output", 1),
    "no json": ({"raw": b"{body-of-the-vendor-1234"}, "bad_output", 1),
    "a list": ({"raw": b"[]"}, "bad_output", 1),
    "no output": ({"values": {"output": None}}, "bad_output", 1),
    "cut body": ({"truncate": 30}, "transient", 1),
}  # fmt: skip

CHAT_FAULTS: Faults = {
    "filtered": ({"transform": finish("content_filter")}, "refused", 1),
    "refusal": ({"transform": declined}, "refused", 1),
    "html": (PAGE, "bad_output", 1),
    "empty object": ({"raw": b"{}"}, "bad_output", 1),
    "no choices": ({"values": {"choices": []}}, "bad_output", 1),
    "no json": ({"raw": b"{"}, "bad_output", 1),
}

ELEVENLABS_FAULTS: Faults = {
    "408": (elevenlabs_error(408, "timeout"), "transient", 0),
    "409": (elevenlabs_error(409, "conflict"), "transient", 0),
    "425": (elevenlabs_error(425, "too_early"), "transient", 0),
    "500": (elevenlabs_error(500, "any"), "transient", 0),
    "502 html": ({"status": 502, **PAGE}, "transient", 0),
    "dropped before": ({"drop": "before"}, "transient", 1),
    "dropped in the body": ({"drop": "body"}, "transient", 1),
    "concurrency": (elevenlabs_error(429, "too_many_concurrent_requests"), "rate_limited", 0),
    "busy": (elevenlabs_error(429, "system_busy"), "rate_limited", 0),
    "quota as 401": (elevenlabs_error(401, "quota_exceeded"), "quota", 0),
    "credits": (elevenlabs_error(400, "insufficient_credits"), "quota", 0),
    "402": (elevenlabs_error(402, "payment_required"), "quota", 0),
    "401": (elevenlabs_error(401, "invalid_api_key"), "auth", 0),
    "403": (elevenlabs_error(403, "forbidden"), "auth", 0),
    "policy": (elevenlabs_error(400, "content_against_policy"), "refused", 0),
    "too long": (elevenlabs_error(400, "max_character_limit_exceeded"), "too_long", 0),
    "400": (elevenlabs_error(400, "any"), "bad_request", 0),
    "404": (elevenlabs_error(404, "voice_not_found"), "bad_request", 0),
    "422": (elevenlabs_error(422, "any"), "bad_request", 0),
    "422 html": ({"status": 422, **PAGE}, "bad_request", 0),
    "307": ({"redirect": "http://127.0.0.1:9/elsewhere"}, "bad_request", 0),
    "no json": ({"raw": b"<html>"}, "bad_output", 1),
    "no sound": ({"values": {"audio_base64": None}}, "bad_output", 1),
    "no base64": ({"values": {"audio_base64": "!!"}}, "bad_output", 1),
    "no audio": ({"values": {"audio_base64": "aGVsbG8="}}, "bad_output", 1),
    "no alignment": ({"values": {"alignment": None}}, "bad_output", 1),
}  # fmt: skip


def check(error: ProviderError, double: Double, kind: str, requests: int, *, calls: int = 1) -> None:
    assert error.kind == {"too_long": "bad_request"}.get(kind, kind)
    assert error.code == CODES[kind]
    assert error.usage is not None
    assert error.usage.requests == requests == len(double.billed)
    assert len(double.calls) == calls


@pytest.mark.parametrize("name", [*OPENAI_FAULTS, *RESPONSES_FAULTS])
def test_responses(double: Double, name: str) -> None:
    fault, kind, requests = (OPENAI_FAULTS | RESPONSES_FAULTS)[name]
    double.fail(RESPONSES, **fault)
    error = fail_to(lambda: members.text(double).write_facts(FACTS))
    check(error, double, kind, requests)
    assert error.provider == "openai"
    assert error.retry_after == (7.0 if name == "429" else None)


@pytest.mark.parametrize("name", [*OPENAI_FAULTS, *CHAT_FAULTS])
def test_chat_completions(double: Double, name: str) -> None:
    fault, kind, requests = (OPENAI_FAULTS | CHAT_FAULTS)[name]
    double.fail(CHAT, **fault)
    check(fail_to(lambda: members.chat(double).write_facts(FACTS)), double, kind, requests)


@pytest.mark.parametrize("name", list(ELEVENLABS_FAULTS))
def test_elevenlabs(double: Double, name: str, tmp_path: Path) -> None:
    fault, kind, requests = ELEVENLABS_FAULTS[name]
    double.fail(VOICE, **fault)
    error = fail_to(lambda: members.voice(double).speak(SpeechRequest(TEXT), tmp_path / "speech.wav"))
    check(error, double, kind, requests)
    assert error.provider == "elevenlabs"
    assert list(tmp_path.glob("*.sent")) == []


@pytest.mark.parametrize("name", list(OPENAI_FAULTS))
def test_every_other_address_of_openais_sdk(double: Double, name: str, tmp_path: Path) -> None:
    fault, kind, requests = OPENAI_FAULTS[name]
    question, material = [JudgeQuestion("1", "Is it so?")], JudgeMaterial("any", (("notes", TEXT),))
    calls: dict[str, Callable[[], Any]] = {
        "/v1/decisions": lambda: members.decisions(double).answer(question, material),
        "/v1/moderations": lambda: members.moderation(double).moderate([TEXT]),
        "/v1/images/generations": lambda: members.image(double).draw(
            DrawRequest("A bee", "picture", "Bee"), tmp_path
        ),
        "/v1/audio/speech": lambda: members.plain_voice(double).speak(
            SpeechRequest(TEXT), tmp_path / "s.wav"
        ),
    }
    for route, call in calls.items():
        double.forget()
        double.fail(route, **fault)
        check(fail_to(call), double, kind, requests)


@pytest.mark.parametrize(
    ("route", "fault"),
    [
        ("/v1/decisions", {"raw": b"{}"}),
        ("/v1/decisions", {"values": {"answers": []}}),
        ("/v1/moderations", {"raw": b"{}"}),
        ("/v1/moderations", {"values": {"results": []}}),
        ("/v1/images/generations", {"raw": b"{}"}),
        ("/v1/images/generations", {"values": {"data": []}}),
        ("/v1/images/generations", {"values": {"data": [{"b64_json": "aGVsbG8="}]}}),
        ("/v1/images/generations", {"values": {"data": [{"b64_json": None, "url": "http://127.0.0.1:9/"}]}}),
        ("/v1/audio/speech", {"raw": b'{"error": "none"}', "content_type": "application/json"}),
        ("/v1/audio/speech", {"raw": b"RIFFxxxx", "content_type": "audio/wav"}),
    ],
)
def test_an_answer_with_status_200_is_believed_only_when_it_is_one(
    double: Double, route: str, fault: dict[str, Any], tmp_path: Path
) -> None:
    question, material = [JudgeQuestion("1", "Is it so?")], JudgeMaterial("any", (("notes", TEXT),))
    calls: dict[str, Callable[[], Any]] = {
        "/v1/decisions": lambda: members.decisions(double).answer(question, material),
        "/v1/moderations": lambda: members.moderation(double).moderate([TEXT]),
        "/v1/images/generations": lambda: members.image(double).draw(
            DrawRequest("A bee", "picture", "Bee"), tmp_path
        ),
        "/v1/audio/speech": lambda: members.plain_voice(double).speak(
            SpeechRequest(TEXT), tmp_path / "s.wav"
        ),
    }
    double.fail(route, **fault)
    check(fail_to(calls[route]), double, "bad_output", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("member", [members.text, members.chat])
def test_a_server_that_is_not_there_is_no_billed_call(double: Double, member: Any) -> None:
    error = fail_to(lambda: member(double, base_url="http://127.0.0.1:9/v1").write_facts(FACTS))
    check(error, double, "transient", 0, calls=0)


def test_a_voice_that_is_not_there_is_no_billed_call(double: Double, tmp_path: Path) -> None:
    away = members.voice(double, base_url="http://127.0.0.1:9")
    error = fail_to(lambda: away.speak(SpeechRequest(TEXT), tmp_path / "speech.wav"))
    check(error, double, "transient", 0, calls=0)


def test_without_a_key_nothing_is_called(double: Double, tmp_path: Path) -> None:
    for call in (
        lambda: members.text(double, key="").write_facts(FACTS),
        lambda: members.chat(double, key="").write_facts(FACTS),
        lambda: members.moderation(double, key="").moderate([TEXT]),
        lambda: members.voice(double, key="").speak(SpeechRequest(TEXT), tmp_path / "speech.wav"),
    ):
        check(fail_to(call), double, "auth", 0, calls=0)


def test_a_wrong_key_is_said_by_the_vendor(double: Double) -> None:
    member = members.text(double, key="sk-another-4711")
    error = fail_to(lambda: member.write_facts(FACTS))
    check(error, double, "auth", 0)
    assert "4711" not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("seconds", ["2.5", "Wed, 21 Oct 2015 07:28:00 GMT", "nonsense", "inf", "99999999"])
def test_how_long_to_wait_is_read_from_any_spelling(double: Double, seconds: str) -> None:
    double.fail(RESPONSES, **openai_error(429, "rate_limit_exceeded", retry_after=seconds))
    error = fail_to(lambda: members.text(double).write_facts(FACTS))
    expected = {"2.5": 2.5, "99999999": 3600.0, "nonsense": None, "inf": None}
    assert error.retry_after == expected.get(seconds, 0.0)


def test_a_truncated_answer_is_asked_for_again_with_room_for_twice_as_much(double: Double) -> None:
    result = members.text(double, most_tokens=100).write_facts(FACTS)
    assert [call.json["max_output_tokens"] for call in double.calls] == [100, 200]
    assert len(result.value) == 9
    assert result.usage.requests == 2
    assert result.usage.output_tokens == sum(call.usage["output_tokens"] for call in double.calls)


@pytest.mark.parametrize(("member", "route"), [(members.text, RESPONSES), (members.chat, CHAT)])
def test_an_answer_truncated_twice_is_an_error_that_names_both_calls(
    double: Double, member: Any, route: str
) -> None:
    error = fail_to(lambda: member(double, most_tokens=10).write_facts(FACTS))
    check(error, double, "truncated", 2, calls=2)
    assert error.usage is not None
    assert error.usage.output_tokens == 30


def test_an_answer_of_another_shape_is_asked_for_once_more_with_what_is_wrong(double: Double) -> None:
    double.say({"facts": "none"})
    result = members.text(double).write_facts(FACTS)
    first, second = (call.json for call in double.calls)
    assert second["input"].startswith(first["input"])
    assert "- facts: list_type" in second["input"]
    assert (len(result.value), result.usage.requests) == (9, 2)


def test_an_unusable_answer_twice_keeps_the_evidence_and_no_body(double: Double) -> None:
    double.say({"facts": [SECRET]}, {"facts": [SECRET]})
    error = fail_to(lambda: members.text(double).write_facts(FACTS))
    check(error, double, "bad_output", 2, calls=2)
    assert error.evidence == {
        "faults": ["there are 1 facts; 8 to 15 are wanted", "a fact is no whole sentence"]
    }


def test_a_second_call_that_fails_does_not_forget_the_first(double: Double) -> None:
    double.say({"facts": []})
    double.fail(RESPONSES)  # the first call goes well
    double.fail(RESPONSES, **openai_error(500, "server_error"))
    error = fail_to(lambda: members.text(double).write_facts(FACTS))
    check(error, double, "transient", 1, calls=2)
    assert error.usage is not None
    assert error.usage.input_tokens == double.calls[0].usage["input_tokens"]


def test_calls_before_a_failed_one_are_counted_in_moderation(double: Double) -> None:
    double.fail("/v1/moderations")
    double.fail("/v1/moderations", **openai_error(500, "server_error"))
    error = fail_to(lambda: members.moderation(double).moderate([f"text {n}" for n in range(40)]))
    check(error, double, "transient", 1, calls=2)
