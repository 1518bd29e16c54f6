"""The clip protocol: a job that is asked for, polled and fetched."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import av
import numpy as np

from tests.double.faults import Reply
from tests.double.server import Call, Double, endpoint, refuse

RATE = 12  # pictures a second


@endpoint("POST", "/v1/clips")
def submit(double: Double, call: Call) -> Reply:
    """A job; the same Idempotency-Key finds the same job."""
    key = call.headers.get("idempotency-key", "")
    if not key:
        return refuse(400, "idempotency_key_missing", "An Idempotency-Key is needed")
    body = call.json
    if not 1 <= float(body["seconds"]) <= 20:
        return refuse(400, "invalid_value", "Clips last 1 to 20 seconds")
    name = "clip_" + hashlib.sha256(key.encode()).hexdigest()[:12]
    with double.lock:
        call.is_repeat = name in double.clips
        job = double.clips.setdefault(name, {"polls": 0, "asked": body, "state": ""})
    return Reply.of({"id": name, "state": "queued" if not job["polls"] else "running"}, 202)


@endpoint("GET", "/v1/clips/{id}")
def poll(double: Double, call: Call) -> Reply:
    job = _job(double, call, part=3)
    if job is None:
        return refuse(404, "clip_unknown", "There is no such clip")
    with double.lock:
        job["polls"] += 1
        is_done = job["polls"] > double.settings.clip_polls
        state = job["state"] or ("succeeded" if is_done else "running")
        job["state"] = state if is_done else ""
    share = 1.0 if state == "succeeded" else job["polls"] / (double.settings.clip_polls + 1)
    return Reply.of(
        {
            "id": call.path.split("/")[3],
            "state": state,
            "progress": round(share, 2),
            "error": None,
            "usage": {"seconds": float(job["asked"]["seconds"])},
        }
    )


@endpoint("GET", "/v1/clips/{id}/content")
def content(double: Double, call: Call) -> Reply:
    job = _job(double, call, part=3)
    if job is None or job["state"] != "succeeded":
        return refuse(404, "clip_unknown", "There is no such clip, or it is not done")
    asked = job["asked"]
    return Reply(200, film(float(asked["seconds"]), f"{asked['prompt']} {asked['seed']}"), "video/mp4")


@endpoint("DELETE", "/v1/clips/{id}")
def delete(double: Double, call: Call) -> Reply:
    with double.lock:
        double.clips.pop(call.path.split("/")[3], None)
    return Reply.of({"deleted": True})


def _job(double: Double, call: Call, *, part: int) -> dict[str, Any] | None:
    return double.clips.get(call.path.split("/")[part])


def film(seconds: float, prompt: str) -> bytes:
    """A small H.264 film with a moving bar, of the colours of its prompt."""
    seed = hashlib.sha256(prompt.encode()).digest()
    kept = io.BytesIO()
    with av.open(kept, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 216, 384, "yuv420p"
        stream.options = {"preset": "ultrafast"}
        count = max(1, round(seconds * RATE))
        for number in range(count):
            picture = np.full((384, 216, 3), [seed[0], seed[1], seed[2]], np.uint8)
            at = int(number / count * 200)
            picture[:, at : at + 16] = [seed[3], seed[4], seed[5]]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    return kept.getvalue()
