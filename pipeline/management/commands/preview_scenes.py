"""`manage.py preview_scenes`: what a film's scenes would look like, without voice or encoding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipeline.author import shelf
from pipeline.author.composing import CannotCompose, compose
from pipeline.author.storyboard import StoryScene, lay_out
from pipeline.author.timing import speech_seconds
from pipeline.media import palettes, sheet
from pipeline.media.scene import SceneDescription
from pipeline.providers.base import DrawRequest, ScriptRequest
from pipeline.providers.cards import describe
from pipeline.providers.kind_examples import EXAMPLES
from pipeline.quality.audience import audience


class Command(BaseCommand):
    help = "Draw one sheet with a frame of every scene that the offline author makes of a shelf note."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("notes", nargs="*", help="names of shelf notes; none: all of them")
        parser.add_argument("--out", default="scenes", metavar="DIR", help="where the sheets are put")
        parser.add_argument("--age-group", default="", help="another age group than the note's own")
        parser.add_argument("--seconds", type=int, default=60)
        parser.add_argument("--style", default="auto", help="visual style, as in the brief")
        parser.add_argument("--strip", type=int, metavar="N", help="instead: 8 frames of scene N in its time")
        parser.add_argument("--kinds", action="store_true", help="instead: a JPEG of each kind of scene")
        parser.add_argument("--width", type=int, default=270, help="of one frame on the sheet")

    def handle(self, *args: Any, **options: Any) -> None:
        out = Path(options["out"])
        out.mkdir(parents=True, exist_ok=True)
        if options["kinds"]:
            self._draw_kinds(out)
            return
        notes = [note for note in shelf.all_notes() if not note.demo]
        known = {note.name for note in notes}
        unknown = sorted(set(options["notes"]) - known)
        if unknown:
            raise CommandError(
                f"There is no shelf note called {unknown[0]}. There are: {', '.join(sorted(known))}."
            )
        for note in notes:
            if options["notes"] and note.name not in options["notes"]:
                continue
            try:
                path = self._draw(note, out, options)
            except CannotCompose as error:
                raise CommandError(f"{note.name}: {error.code}: {error.message}") from error
            self.stdout.write(str(path))

    def _draw_kinds(self, out: Path) -> None:
        """One frame of each kind as it is when all has been said, small enough for the documentation."""
        for name, request in EXAMPLES.items():
            scene = describe_example(request)
            frame = sheet.draw_frames(scene, [scene.seconds - 0.5])[0]
            path = out / f"{name}.jpg"
            frame.resize((405, 720)).save(path, "JPEG", quality=82, optimize=True, progressive=True)
            self.stdout.write(str(path))

    def _draw(self, note: shelf.ShelfNote, out: Path, options: dict[str, Any]) -> Path:
        age_group = options["age_group"] or note.age_group
        script = compose(
            ScriptRequest(
                concept=note.concept, age_group=age_group, notes=note.notes, target_seconds=options["seconds"]
            )
        )
        scenes = lay_out(script, age_group)
        subject = f"{note.topic}: {note.concept}"
        described = [
            describe_scene(scene, subject=subject, age_group=age_group, style=options["style"], of=scenes)
            for scene in scenes
        ]
        for scene, one in zip(scenes, described, strict=True):
            told = " ".join(str(line["text"]) for line in scene.lines)
            self.stdout.write(
                f"{scene.position:2} {scene.role:6} {one.spec['kind']:10} {scene.on_screen_text} "
                f"{list(scene.items)} {one.spec['icons']}\n      {told}"
            )
        if options["strip"] is not None:
            one = described[options["strip"]]
            times = [one.seconds * share for share in (0.02, 0.06, 0.12, 0.25, 0.45, 0.65, 0.85, 0.97)]
            frames = sheet.draw_frames(one, times)
            path = out / f"{note.name}-{options['strip']:02}.png"
            sheet.lay_sheet(frames, columns=4, width=options["width"]).save(path)
            return path
        frames = [sheet.draw_frames(one, [one.seconds - 0.45])[0] for one in described]
        path = out / f"{note.name}.png"
        sheet.lay_sheet(frames, columns=5, width=options["width"]).save(path)
        return path


def describe_scene(
    scene: StoryScene, *, subject: str, age_group: str, style: str, of: list[StoryScene]
) -> SceneDescription:
    """A scene as the pipeline would draw it, its words timed by guess."""
    request = DrawRequest(
        description=scene.visual_description,
        kind=scene.visual_kind,
        on_screen_text=scene.on_screen_text,
        items=scene.items,
        narration=" ".join(str(line["text"]) for line in scene.lines),
        role=scene.role,
        subject=subject,
        age_group=age_group,
        style=style,
    )
    made = describe_example(request, position=scene.position, total=len(of))
    return replace(made, pause_seconds=scene.pause_seconds)


def describe_example(request: DrawRequest, *, position: int = 2, total: int = 8) -> SceneDescription:
    """A scene of a request, between two others of its own colours."""
    seconds = speech_seconds(request.narration, audience(request.age_group).words_per_minute)
    spec = describe(request)
    palette = palettes.from_json(spec["palette"])
    return SceneDescription(
        spec=spec,
        palette=palette,
        words=sheet.guess_words(request.narration, seconds),
        speech_seconds=seconds,
        pause_seconds=1.75 if request.role == "moment" else 0.0,
        position=position,
        scenes_total=total,
        previous_palette=palette,
        next_palette=palette,
        age_group=request.age_group,
        brand="BrightByte",
    )
