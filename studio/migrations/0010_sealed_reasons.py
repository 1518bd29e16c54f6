import students.encryption
from django.db import migrations
from students.rekeying import change_column

# The trail stays append-only. While a session seals texts anew (students.rekeying), the sealed words of a
# reason may be written again; nothing else of the row, and no reason where there was none.
ALLOW_REKEYING = """
CREATE OR REPLACE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('app.rekeying', true) = 'on'
        AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason'
        AND (NEW.reason = '') = (OLD.reason = '') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The audit trail is append-only.' USING ERRCODE = 'restrict_violation';
END $$;
"""
REFUSE_ALL = """
CREATE OR REPLACE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only.' USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0008_sealed_messages'),
        ('studio', '0009_sealed_batches'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='reason',
            field=students.encryption.EncryptedTextField(blank=True, default=''),
        ),
        migrations.RunSQL(ALLOW_REKEYING, REFUSE_ALL),
        migrations.RunPython(
            change_column("studio", "auditentry", "reason", seal=True),
            change_column("studio", "auditentry", "reason", seal=False),
        ),
    ]
