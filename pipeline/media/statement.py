"""A film's facts as they are kept with the run and read by quality and the review page. Pure.

docs/film-evidence.md says for every field its unit, its limit and where it comes from.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.media import effects
from pipeline.media.canvas import FPS
from pipeline.media.captions import Cue
from pipeline.media.evidence import PictureFacts
from pipeline.media.playlists import Streaming
from pipeline.media.probe import VideoFacts
from pipeline.media.sound import Loudness
from pipeline.media.timeline import ScenePart, Timeline, coverage, weakest_timing


def state(
    parts: Sequence[ScenePart],
    timeline: Timeline,
    *,
    videos: Mapping[str, VideoFacts],
    loudness: Loudness,
    picture: PictureFacts,
    streaming: Streaming,
) -> dict[str, Any]:
    """All facts of a film but its sizes. `videos`: rung → what its progressive file is ("1080" … "360")."""
    film = videos["1080"]
    return {
        "seconds": film.seconds,
        "frames": film.frames,
        "fps": film.fps,
        "width": film.width,
        "height": film.height,
        "video_codec": film.video_codec,
        "audio_codec": film.audio_codec,
        "timeline": [
            {
                "position": part.position,
                "role": part.role,
                "start": round(start, 4),
                "end": round(start + part.frames / FPS, 4),
                "speech_start": round(start + part.lead, 4),
                "speech_end": round(start + part.lead + part.speech_seconds, 4),
            }
            for part, start in zip(parts, timeline.starts, strict=True)
        ],
        "words": [
            [word.text, round(word.start, 3), round(word.end, 3), position]
            for word, position in timeline.words
        ],
        "timing": weakest_timing(parts),
        **_state_captions(timeline),
        **_state_sound(parts, timeline, loudness),
        "black": [list(span) for span in picture.black],
        "frozen": [list(span) for span in picture.frozen],
        "flashes_per_second": picture.flashes_per_second,
        "red_flashes_per_second": picture.red_flashes_per_second,
        "frame_files": list(picture.frames),
        "frame_seconds": list(picture.frame_seconds),
        "text_contrast": min((part.text_contrast for part in parts), default=21.0),
        "text_contrasts": [[part.position, part.text_contrast] for part in parts],
        "ssim": _weakest(parts),
        **_state_files(videos, streaming),
        "fallbacks": [text for part in parts for text in part.fallbacks],
    }


def _weakest(parts: Sequence[ScenePart]) -> dict[str, float]:
    """Rung → its lowest likeness to what was drawn, over the scenes."""
    rungs = dict.fromkeys(rung for part in parts for rung in part.ssim)
    return {rung: min(part.ssim[rung] for part in parts if rung in part.ssim) for rung in rungs}


def _state_captions(timeline: Timeline) -> dict[str, Any]:
    cues = timeline.cues
    return {
        "cues": [{"start": round(cue.start, 3), "end": round(cue.end, 3), "text": cue.text} for cue in cues],
        "caption_coverage": coverage(timeline),
        "caption_max_characters_per_second": round(
            max((cue.characters_per_second for cue in cues), default=0.0), 2
        ),
        "caption_shortest_seconds": round(min((_length(cue) for cue in cues), default=0.0), 3),
        "caption_longest_seconds": round(max((_length(cue) for cue in cues), default=0.0), 3),
        "caption_most_words": max((len(cue.words) for cue in cues), default=0),
        "caption_most_lines": max((len(cue.lines) for cue in cues), default=0),
    }


def _length(cue: Cue) -> float:
    return cue.end - cue.start


def _state_sound(parts: Sequence[ScenePart], timeline: Timeline, loudness: Loudness) -> dict[str, Any]:
    words = [word for word, _ in timeline.words]
    pauses = [following.start - word.end for word, following in itertools.pairwise(words)]
    return {
        "loudness_lufs": loudness.lufs,
        "true_peak_dbtp": loudness.true_peak,
        "loudness_range_lu": loudness.loudness_range,
        "silences": [list(span) for span in loudness.silences],
        "longest_speech_pause": round(max(pauses, default=0.0), 3),
        "sound_effects": [
            [effect.start, effect.kind] for effect in effects.find_effects(timeline.scene_times(parts))
        ],
    }


def _state_files(videos: Mapping[str, VideoFacts], streaming: Streaming) -> dict[str, Any]:
    streamed = [videos[variant.name] for variant in streaming.variants]
    return {
        "renditions": [
            {
                "name": variant.name,
                "file": variant.file,
                "width": variant.width,
                "height": variant.height,
                "bytes": variant.bytes,
                "bandwidth": variant.bandwidth,
                "average_bandwidth": variant.average,
                "codecs": variant.codecs,
            }
            for variant in streaming.variants
        ],
        "streams": {
            name: {
                "width": video.width,
                "height": video.height,
                "frames": video.frames,
                "fps": video.fps,
                "profile": video.profile,
                "level": video.level,
                "pixels": video.pixels,
                "uneven_frames": video.uneven_frames,
                "closed_groups": video.closed,
                "starts_fast": video.starts_fast,
                "end_difference": round(video.audio_seconds - video.seconds, 4),
            }
            for name, video in videos.items()
        },
        "keyframes_aligned": len({video.keyframes for video in streamed}) == 1,
        "segments_aligned": streaming.segments_aligned,
        "hls_end_difference": streaming.end_difference,
    }
