"""The scenes of a script as they stand, edits included."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from pipeline.steps.base import SceneText


class Scene(models.Model):
    """One scene as it stands, edits included. It belongs to the script run that wrote it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey("pipeline.ContentProject", models.CASCADE, related_name="scenes")
    script_run = models.ForeignKey("pipeline.StepRun", models.CASCADE, related_name="scenes")
    position = models.IntegerField()
    # Its own number in the script, which it keeps wherever it is moved; NULL: nothing was ever moved, it is
    # the position. Runs are recognised by it, so that a scene that moves is neither drawn nor spoken again.
    key = models.IntegerField(null=True)
    role = models.CharField(max_length=10)  # hook | scene | moment | recap
    lines = models.JSONField()  # [{"text", "sources"}]
    on_screen_text = models.CharField(max_length=200)
    visual_description = models.TextField(default="")
    visual_kind = models.CharField(max_length=20)
    items = models.JSONField(default=list)
    pause_seconds = models.FloatField(default=0)
    visual_take = models.IntegerField(default=0)
    voice_take = models.IntegerField(default=0)
    clip_take = models.IntegerField(default=0, db_default=0)
    # Takes that were asked for beside the chosen ones: [{"part": "visual" | "voice", "take", "about"}].
    takes = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    # How words are to be spoken that the voice says wrongly: {"written": "spoken"}.
    say_as = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    # Sentences that nobody may change before they are given free.
    kept = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    # A person's own pictures and recordings, by part and take:
    # {"visual" | "voice": {"1": {"file": checksum, "licence", "source", "about"}}}.
    own = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    version = models.IntegerField(default=0)  # grows with every edit; a save names the version it saw

    class Meta:
        db_table = "scenes"
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(name="one_scene_a_key", fields=["script_run", "key"]),
            models.UniqueConstraint(name="one_scene_a_position", fields=["script_run", "position"]),
            models.CheckConstraint(
                name="role_is_known", condition=Q(role__in=["hook", "scene", "moment", "recap"])
            ),
        )

    def __str__(self) -> str:
        return f"{self.position}: {self.on_screen_text}"

    @property
    def narration(self) -> str:
        return " ".join(str(line["text"]) for line in self.lines)

    def chosen(self, part: str) -> int:
        """The number of the take that the film uses."""
        return self.visual_take if part == "visual" else self.voice_take

    def about(self, part: str) -> str:
        """The digest of what a part says or shows: a take that was asked for other words is not made."""
        words = [self.narration]
        if part == "visual":
            words += [self.on_screen_text, self.visual_description, self.visual_kind, *self.items]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()

    def asked(self, part: str) -> list[int]:
        """The takes that were asked for and are not the chosen one, for the words as they stand. A person's
        own picture fits all words."""
        about = self.about(part)
        numbers = {int(one["take"]) for one in self.takes if (one["part"], one["about"]) == (part, about)}
        numbers |= {int(take) for take in self.own.get(part) or () if self.own_take(part, int(take))}
        return sorted(numbers - {self.chosen(part)})

    @property
    def own_files(self) -> set[str]:
        """Checksums of everything that people gave for this scene."""
        return {str(given["file"]) for files in self.own.values() for given in files.values()}

    def own_take(self, part: str, take: int) -> dict[str, Any] | None:
        """The file that a person gave for a take. A recording of other words than the present is not used."""
        given = (self.own.get(part) or {}).get(str(take))
        if given is None or (part == "voice" and given["about"] != self.about(part)):
            return None
        return {"file": given["file"], "licence": given["licence"], "source": given["source"]}

    @property
    def number(self) -> int:
        """The scene's own number in its script."""
        return self.position if self.key is None else self.key

    @property
    def text(self) -> SceneText:
        """The frozen view that planning hands to the steps."""
        return self.text_with()

    def text_with(self, *, visual: int | None = None, voice: int | None = None) -> SceneText:
        """The same with other takes than the chosen ones."""
        visual_take = self.visual_take if visual is None else visual
        voice_take = self.voice_take if voice is None else voice
        return SceneText(
            position=self.position,
            role=self.role,
            lines=tuple(self.lines),
            on_screen_text=self.on_screen_text,
            visual_description=self.visual_description,
            visual_kind=self.visual_kind,
            items=tuple(self.items),
            pause_seconds=self.pause_seconds,
            visual_take=visual_take,
            voice_take=voice_take,
            clip_take=self.clip_take,
            key=self.key,
            say_as=tuple(sorted(self.say_as.items())),
            own_picture=self.own_take("visual", visual_take),
            own_voice=self.own_take("voice", voice_take),
        )
