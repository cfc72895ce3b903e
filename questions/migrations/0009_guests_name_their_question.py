"""The links of versions to tasks of other exams become a model that copies what draws ask first.

The table stays, and servers of the release before go on writing to it: a trigger fills in the new
columns for them. Rows that are there already follow in the next migration, which need not keep
readers of the table waiting.
"""

import django.db.models.deletion
from django.db import migrations, models

FILL_IN = """
CREATE FUNCTION questions_guest_names_question() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT v.question_id, v.kind, v.difficulty
      INTO NEW.question_id, NEW.kind, NEW.difficulty
      FROM questions_questionversion v WHERE v.id = NEW.questionversion_id;
    RETURN NEW;
END $$;
CREATE TRIGGER guest_names_question BEFORE INSERT ON questions_questionversion_also
    FOR EACH ROW EXECUTE FUNCTION questions_guest_names_question();
"""
LEAVE_EMPTY = """
DROP TRIGGER guest_names_question ON questions_questionversion_also;
DROP FUNCTION questions_guest_names_question();
"""
KINDS = ("choice", "response", "ordering", "matching")
COPIES = {
    "question": models.ForeignKey(
        db_index=False,
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="questions.question",
    ),
    "kind": models.CharField(
        choices=[(kind, kind.capitalize()) for kind in KINDS],
        editable=False,
        max_length=10,
        null=True,
    ),
    "difficulty": models.PositiveSmallIntegerField(editable=False, null=True),
}
STATE = [
    migrations.CreateModel(
        name="GuestTask",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            (
                "questionversion",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, to="questions.questionversion"
                ),
            ),
            (
                "task",
                models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="questions.task"),
            ),
        ],
        options={
            "db_table": "questions_questionversion_also",
            "unique_together": {("questionversion", "task")},
        },
    ),
    migrations.AlterField(
        model_name="questionversion",
        name="also",
        field=models.ManyToManyField(
            help_text="Tasks of other exams that this version serves too.",
            related_name="guests",
            through="questions.GuestTask",
            to="questions.task",
        ),
    ),
]


class Migration(migrations.Migration):
    dependencies = [("questions", "0008_options_only_checks")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=STATE),
        *(migrations.AddField("guesttask", name, field) for name, field in COPIES.items()),
        migrations.RunSQL(FILL_IN, LEAVE_EMPTY),
    ]
