"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class VideosConfig(AppConfig):
    name = "videos"
    verbose_name = "Videos"

    def ready(self) -> None:
        from students.preferences import register_topics  # noqa: PLC0415 - models exist only now
        from students.sections import register_section  # noqa: PLC0415
        from videos.keeping import SECTION  # noqa: PLC0415
        from videos.models import Topic  # noqa: PLC0415

        register_topics(Topic.objects.topic_ids_of)
        register_section(SECTION)
