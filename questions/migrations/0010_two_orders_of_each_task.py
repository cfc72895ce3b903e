"""Indexes that hold the questions of each task in two orders: by chance, and the newest first."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import ExpressionWrapper, F, Func, Value

FILL_IN = """
UPDATE questions_questionversion_also g
   SET question_id = v.question_id, kind = v.kind, difficulty = v.difficulty
  FROM questions_questionversion v WHERE v.id = g.questionversion_id AND g.question_id IS NULL;
"""
ORDERS = {
    "chance": Func(F("question"), Value(0), function="hashint8extended"),
    "recency": ExpressionWrapper(F("question") * Value(-1), models.BigIntegerField()),
}
KINDS = ("choice", "response", "ordering", "matching")
COPIES = {
    "question": models.ForeignKey(
        db_index=False,
        editable=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="questions.question",
    ),
    "kind": models.CharField(
        choices=[(kind, kind.capitalize()) for kind in KINDS], editable=False, max_length=10
    ),
    "difficulty": models.PositiveSmallIntegerField(editable=False),
}


def _indexes(model: str, prefix: str, version: str) -> list[migrations.AddIndex]:
    held = [version, "question", "kind", "difficulty"]
    return [
        migrations.AddIndex(
            model, models.Index(F("task"), order, name=f"{prefix}_by_task_and_{name}", include=held)
        )
        for name, order in ORDERS.items()
    ]


class Migration(migrations.Migration):
    dependencies = [("questions", "0009_guests_name_their_question")]

    # What locks readers out of a table comes last.
    operations = [
        *_indexes("questionversion", "version", "id"),
        migrations.RunSQL(FILL_IN, migrations.RunSQL.noop),
        *(migrations.AlterField("guesttask", name, field) for name, field in COPIES.items()),
        *_indexes("guesttask", "guest", "questionversion"),
        migrations.RemoveIndex("questionversion", "version_by_task_and_id"),
    ]
