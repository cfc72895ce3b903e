"""Indexes that hold the questions of each task in two orders: by chance, and the newest first."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import ExpressionWrapper, F, Func, Value

CHANCE = Func(F("question"), Value(0), function="hashint8extended")
RECENCY = ExpressionWrapper(F("question") * Value(-1), models.BigIntegerField())

FILL_IN = """
UPDATE questions_questionversion_also g SET question_id = v.question_id
  FROM questions_questionversion v WHERE v.id = g.questionversion_id AND g.question_id IS NULL;
"""


def _indexes(model: str, prefix: str) -> list[migrations.AddIndex]:
    return [
        migrations.AddIndex(
            model, models.Index(F("task"), CHANCE, name=f"{prefix}_by_task_and_chance")
        ),
        migrations.AddIndex(
            model, models.Index(F("task"), RECENCY, name=f"{prefix}_by_task_and_recency")
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("questions", "0005_guests_name_their_question")]

    # What locks readers out of a table comes last.
    operations = [
        *_indexes("questionversion", "version"),
        migrations.RunSQL(FILL_IN, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="guesttask",
            name="question",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="questions.question",
            ),
        ),
        *_indexes("guesttask", "guest"),
        migrations.RemoveIndex("questionversion", "version_by_task_and_id"),
    ]
