"""Figures of what was stored before they were kept: every old watch has been counted already."""

from django.db import migrations

SUBJECTS = """
UPDATE learning_videos v SET topic_id = COALESCE(t.parent_id, t.id), impressions = v.view_count
FROM topics t WHERE t.id = v.concept_id
"""


class Migration(migrations.Migration):
    dependencies = [("videos", "0003_feed_figures")]

    operations = [
        migrations.RunSQL("UPDATE video_watches SET is_counted = true", migrations.RunSQL.noop),
        migrations.RunSQL(SUBJECTS, migrations.RunSQL.noop),
    ]
