"""Lists of models, and the address of the analytics vendor."""

from __future__ import annotations

from tests.double.faults import Reply
from tests.double.server import Call, Double, endpoint


@endpoint("GET", "/v1/models")
def list_models(double: Double, call: Call) -> Reply:
    """OpenAI's list with shutdown dates; ElevenLabs' own shape for its key."""
    if "xi-api-key" in call.headers:
        return Reply.of(
            [{"model_id": "eleven_multilingual_v2", "name": "Multilingual v2", "can_do_text_to_speech": True}]
        )
    models = [
        {"object": "model", "created": 1_790_000_000, "owned_by": "double", **model}
        for model in double.settings.models
    ]
    return Reply.of({"object": "list", "data": models})


@endpoint("POST", "/2/httpapi")
def take_events(double: Double, call: Call) -> Reply:
    """Analytics events; a key in the body is demanded."""
    body = call.json
    if not body.get("api_key"):
        return Reply.of({"code": 400, "error": "Invalid API key"}, 400)
    events = body["events"]
    return Reply.of(
        {
            "code": 200,
            "events_ingested": len(events),
            "payload_size_bytes": len(call.body),
            "server_upload_time": 1_790_000_000_000,
        }
    )


@endpoint("POST", "/api/2/deletions/users")
def delete_users(double: Double, call: Call) -> Reply:
    """The analytics vendor's deletion of people; name and password are its two keys."""
    if not call.headers.get("authorization", "").startswith("Basic "):
        return Reply.of({"error": "missing keys"}, 401)
    return Reply.of({"amplitude_ids": [], "status": "staging", "user_ids": call.json["user_ids"]})
