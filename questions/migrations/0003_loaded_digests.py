from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("questions", "0002_versions_never_change"),
    ]

    operations = [
        migrations.AddField(
            model_name="notesection",
            name="loaded_digest",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text=("Of the note file last loaded."),
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="question",
            name="loaded_digest",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text=("Of the question file last loaded."),
                max_length=64,
            ),
        ),
    ]
