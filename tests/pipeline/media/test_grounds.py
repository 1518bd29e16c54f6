"""Pictures and clips that fill the frame."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from pipeline.management.commands.preview_scenes import describe_example
from pipeline.media.canvas import FPS, HEIGHT, WIDTH, Frame
from pipeline.media.grounds import PATHS, CameraPath, ClipGround, PictureGround
from pipeline.media.scene import SceneDescription, SceneDrawing
from pipeline.providers.kind_examples import EXAMPLES


def picture_scene(folder: Path, **named: object) -> SceneDescription:
    scene = describe_example(EXAMPLES["picture"])
    return replace(scene, spec={**scene.spec, **named}, folder=folder)


def write_clip(path: Path, levels: list[int], size: tuple[int, int] = (320, 240)) -> Path:
    """One grey picture a tenth of a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for level in levels:
            array = np.full((size[1], size[0], 3), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(array, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def test_a_picture_comes_closer_to_its_focus() -> None:
    ground = PictureGround(Image.new("RGB", (1000, 2000)), focus=(0.9, 0.1), seconds=4.0)
    first, middle, last = (ground.window(t) for t in (0.0, 2.0, 4.0))
    assert first[2] > middle[2] > last[2] == pytest.approx(1.0)
    centre = [left + WIDTH * scale / 2 for left, _, scale in (first, last)]
    assert centre[1] > centre[0]  # to the right, where the focus is
    tops = [top for _, top, _ in (first, middle, last)]
    assert tops == [0, 0, 0]  # the focus is near the upper edge: nothing outside is ever seen


def test_the_window_never_leaves_the_picture() -> None:
    cameras = [CameraPath(path) for path in PATHS]
    for focus, camera in product(((0.0, 0.0), (1.0, 1.0), (0.5, 0.5)), cameras):
        ground = PictureGround(Image.new("RGB", (3000, 500)), focus=focus, seconds=3.0, camera=camera)
        wide, tall = ground._size
        for t in (0.0, 0.7, 1.5, 3.0, 9.0):
            left, top, scale = ground.window(t)
            assert left >= 0
            assert top >= 0
            assert left + WIDTH * scale <= wide + 0.01
            assert top + HEIGHT * scale <= tall + 0.01


def test_with_reduced_motion_a_picture_stands_still() -> None:
    ground = PictureGround(Image.new("RGB", (800, 1200)), seconds=3.0, is_calm=True)
    assert ground.window(0.0) == ground.window(2.9)


def test_a_clip_is_cropped_to_the_frame_and_its_last_picture_stays(tmp_path: Path) -> None:
    ground = ClipGround(write_clip(tmp_path / "clip.mp4", [40, 120, 220]))
    frame = Frame()
    seen = []
    for t in (0.0, 0.11, 0.21, 5.0):
        ground.draw(frame, t)
        seen.append(float(frame.y.mean()))
    ground.close()
    expected = [16 + level * 219 / 255 for level in (40, 120, 220, 220)]
    assert seen == pytest.approx(expected, abs=4)
    assert frame.y.std() < 3  # nothing but the clip: no bars at its sides


@pytest.mark.parametrize("colour", ["#ffffff", "#7f7f7f", "#000000"])
def test_words_are_readable_on_any_picture(colour: str, tmp_path: Path) -> None:
    Image.new("RGB", (600, 900), colour).save(tmp_path / "picture.png")
    drawing = SceneDrawing(picture_scene(tmp_path, picture={"file": "picture.png", "focus": [0.5, 0.5]}))
    for number in range(0, drawing.scene.frames, FPS):
        drawing.draw(number)
    assert drawing.text_contrast >= 4.5
    assert drawing.fallbacks == []


def test_a_file_named_alone_is_enough_and_the_picture_is_seen(tmp_path: Path) -> None:
    Image.new("RGB", (600, 900), "#ff2020").save(tmp_path / "picture.png")
    drawing = SceneDrawing(picture_scene(tmp_path, picture="picture.png"))
    red, green, _ = drawing.draw(FPS).to_rgb()[500, 540]
    assert red > 200
    assert green < 80


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"no picture at all", "picture: "), (None, "picture: "), (b"", "picture: The picture has no bytes.")],
)
def test_a_picture_that_cannot_be_used_is_drawn_from_the_words_and_said_so(
    content: bytes | None, why: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "picture.png").write_bytes(content)
    drawing = SceneDrawing(picture_scene(tmp_path, picture={"file": "picture.png"}))
    assert drawing.fallbacks[0].startswith(why)
    assert drawing.fallbacks[0].endswith("The scene is drawn instead.")
    plain = SceneDrawing(picture_scene(tmp_path))
    assert drawing.draw(FPS).buffer.tobytes() == plain.draw(FPS).buffer.tobytes()


def test_a_name_that_points_outside_the_folder_finds_nothing(tmp_path: Path) -> None:
    inner = tmp_path / "work"
    inner.mkdir()
    Image.new("RGB", (600, 900), "#ff2020").save(tmp_path / "secret.png")
    drawing = SceneDrawing(picture_scene(inner, picture={"file": "../secret.png"}))
    assert len(drawing.fallbacks) == 1


def test_a_camera_path_of_the_motion_renderer_is_followed() -> None:
    picture = Image.new("RGB", (1000, 2000))

    def windows(path: str) -> list[tuple[float, float, float]]:
        camera = CameraPath.read({"path": path, "zoom": 1.1, "easing": "ease-out"}, draws_back=False)
        ground = PictureGround(picture, focus=(0.5, 0.5), seconds=4.0, camera=camera)
        return [ground.window(t) for t in (0.0, 2.0, 4.0)]

    lefts = [left for left, _, _ in windows("drift-left")]
    assert lefts == sorted(lefts, reverse=True)
    assert lefts[0] - lefts[2] == pytest.approx(WIDTH * 1.12 / 1.1 * 0.1)  # the tenth that it is nearer
    assert [left for left, _, _ in windows("drift-right")] == pytest.approx(
        [lefts[0] + lefts[2] - left for left in lefts]
    )
    tops = [top for _, top, _ in windows("rise")]
    assert tops == sorted(tops, reverse=True)
    for path, ends in (("push-in", (1.12, 1.12 / 1.1)), ("pull-out", (1.12 / 1.1, 1.12))):
        scales = [scale for _, _, scale in windows(path)]
        assert (scales[0], scales[2]) == pytest.approx(ends)


def test_what_a_camera_path_gets_wrong_is_as_usual() -> None:
    assert CameraPath.read({"path": "spin", "zoom": "9"}, draws_back=True) == CameraPath("pull-out")
    assert CameraPath.read({"zoom": 9.0}, draws_back=False) == CameraPath("push-in")
    assert CameraPath.read(None, draws_back=False) == CameraPath()


def test_a_clip_shorter_than_its_scene_is_slowed_down_to_six_tenths_at_most(tmp_path: Path) -> None:
    levels = [40, 80, 120, 160, 200, 240]  # 0.6 seconds
    expected = [16 + level * 219 / 255 for level in levels]
    for seconds, last_starts in ((0.3, 0.5), (0.75, 0.625), (9.0, 0.834)):
        ground = ClipGround(write_clip(tmp_path / "clip.mp4", levels), seconds=seconds)
        frame, seen = Frame(), []
        for t in (last_starts - 0.02, last_starts + 0.02):
            ground.draw(frame, t)
            seen.append(float(frame.y.mean()))
        ground.close()
        assert seen == pytest.approx(expected[-2:], abs=4)


def test_a_clip_that_cannot_be_shown_leaves_its_picture(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no clip")
    Image.new("RGB", (600, 900), "#ff2020").save(tmp_path / "picture.png")
    drawing = SceneDrawing(picture_scene(tmp_path, picture="picture.png", clip={"file": "clip.mp4"}))
    assert drawing.draw(FPS).to_rgb()[500, 540][0] > 200
    assert drawing.fallbacks == ["clip: the clip cannot be decoded. Its picture is shown instead."]


def test_a_clip_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"#EXTM3U\nhttp://example.org/a.ts\n")
    with pytest.raises(ValueError, match="cannot be decoded"):
        ClipGround(tmp_path / "clip.mp4")
