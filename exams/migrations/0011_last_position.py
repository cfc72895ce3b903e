"""Attempts know the question that was last seen; running ones go on at their first question."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exams", "0010_words_of_extra_time")]

    operations = [
        migrations.AddField(
            "attempt",
            "last_position",
            models.PositiveSmallIntegerField(
                default=1, db_default=1, help_text="Of the question last seen: where to go on."
            ),
        ),
    ]
