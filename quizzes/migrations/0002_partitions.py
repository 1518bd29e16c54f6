"""The yearly partitions, made after the parent has its indexes and foreign keys."""

from django.db import migrations
from django.utils import timezone

from quizzes.partitions import ensure_partitions


def make_partitions(apps, schema_editor):
    ensure_partitions(timezone.now())


class Migration(migrations.Migration):
    dependencies = [("quizzes", "0001_initial")]

    operations = [migrations.RunPython(make_partitions, migrations.RunPython.noop)]
