import students.encryption
from django.db import migrations
from students.rekeying import change_column


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0007_charges_outlive_films'),
    ]

    operations = [
        migrations.AlterField(
            model_name='projectevent',
            name='message',
            field=students.encryption.EncryptedTextField(default=''),
        ),
        migrations.RunPython(
            change_column("pipeline", "projectevent", "message", seal=True),
            change_column("pipeline", "projectevent", "message", seal=False),
        ),
    ]
