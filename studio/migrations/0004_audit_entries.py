import django.db.models.deletion
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


REFUSE = """
CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_entries_are_kept BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit();
"""
ALLOW = """
DROP TRIGGER audit_entries_are_kept ON audit_entries;
DROP FUNCTION refuse_change_of_audit();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0002_initial'),
        ('studio', '0003_request_keys'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('verb', models.CharField(max_length=40)),
                ('target', models.CharField(blank=True, default='', max_length=200)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('reason', models.TextField(blank=True, default='')),
                ('event_id', models.BigIntegerField(null=True, unique=True)),
                ('address', models.CharField(blank=True, default='', max_length=50)),
                ('request_id', models.CharField(blank=True, default='', max_length=64)),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='audit_entries', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='audit_entries', to='pipeline.contentproject')),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'db_table': 'audit_entries',
                'indexes': [models.Index(fields=['actor', '-created_at'], name='idx_audit_actor_time')],
            },
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
