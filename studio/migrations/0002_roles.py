"""The roles of the studio, as Django groups. Only studio.policy reads them."""

from django.db import migrations

ROLES = ("creator", "reviewer", "editor_in_chief", "staff", "operator")


def make_roles(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for name in ROLES:
        group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("studio", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
