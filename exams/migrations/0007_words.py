"""New names in the code for old tables and columns.

No statement that changes a table runs: a renamed column would stop the servers that still run the
code of the release before. The models name the old tables and columns themselves.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q, Value

STATE_BEFORE_RENAMING = [
    migrations.RemoveConstraint("attempt", "attempt_form_exactly_when_sat"),
    migrations.RemoveConstraint("formquestion", "form_position_once"),
    migrations.RemoveConstraint("formquestion", "form_version_once"),
]
STATE_AFTER_RENAMING = [
    migrations.AlterModelOptions("fixedformitem", {"ordering": ["fixed_form", "position"]}),
    migrations.AddConstraint(
        "attempt",
        models.CheckConstraint(
            condition=Q(mode="form", fixed_form__isnull=False)
            | (~Q(mode="form") & Q(fixed_form=None)),
            name="attempt_form_exactly_when_sat",
        ),
    ),
    migrations.AddConstraint(
        "fixedformitem",
        models.UniqueConstraint(fields=["fixed_form", "position"], name="form_position_once"),
    ),
    migrations.AddConstraint(
        "fixedformitem",
        models.UniqueConstraint(fields=["fixed_form", "version"], name="form_version_once"),
    ),
    migrations.AlterField(
        "response",
        "highlights",
        models.JSONField(
            db_default=Value([], models.JSONField()),
            default=list,
            help_text="Highlighted passages of the stem: [[from, to], …] in its text.",
        ),
    ),
]


def column(model: str, old: str, new: str, field: models.Field) -> list:  # type: ignore[type-arg]
    """The two steps that rename a field and keep its column."""
    return [
        migrations.AlterField(model, old, field),
        migrations.RenameField(model, old, new),
    ]


class Migration(migrations.Migration):
    dependencies = [("exams", "0006_published_forms_never_change")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=STATE_BEFORE_RENAMING),
        migrations.AlterModelTable("formquestion", "exams_formquestion"),
        migrations.RenameModel("FormQuestion", "FixedFormItem"),
        *column(
            "fixedformitem",
            "form",
            "fixed_form",
            models.ForeignKey(
                "exams.fixedform",
                db_column="form_id",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="questions",
            ),
        ),
        *column(
            "attempt",
            "form",
            "fixed_form",
            models.ForeignKey(
                "exams.fixedform",
                db_column="form_id",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempts",
            ),
        ),
        *column(
            "response",
            "marks_epoch",
            "annotations_epoch",
            models.PositiveIntegerField(db_column="marks_epoch", db_default=0, default=0),
        ),
        *column(
            "response",
            "marks_rev",
            "annotations_rev",
            models.PositiveIntegerField(
                db_column="marks_rev",
                db_default=0,
                default=0,
                help_text="The client's counter of saves of annotations.",
            ),
        ),
        migrations.SeparateDatabaseAndState(state_operations=STATE_AFTER_RENAMING),
    ]
