# The constraints on modes; checked once every row has one of them.

from django.db import migrations, models

FORMS_NEVER_CHANGE = """
CREATE FUNCTION exams_published_form_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM exams_fixedform f
                WHERE f.id = COALESCE(OLD.form_id, NEW.form_id) AND f.published_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'A published form never changes.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER published_form_never_changes BEFORE INSERT OR UPDATE OR DELETE ON exams_formquestion
    FOR EACH ROW EXECUTE FUNCTION exams_published_form_never_changes();
"""
FORMS_MAY_CHANGE = """
DROP TRIGGER published_form_never_changes ON exams_formquestion;
DROP FUNCTION exams_published_form_never_changes();
"""


class Migration(migrations.Migration):
    dependencies = [("exams", "0004_practices_become_study")]

    operations = [
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("closed_at", None), ("mode__in", ("mock", "half", "custom", "form"))
                ),
                fields=("user", "exam"),
                name="attempt_one_open_exam_per_candidate",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None), ("mode__in", ("study", "review"))),
                fields=("user", "exam"),
                name="attempt_one_open_study_per_candidate",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("deadline__isnull", False), ("paused_at", None)),
                    ("mode__in", ("study", "review")),
                    _connector="OR",
                ),
                name="attempt_exams_are_timed_and_never_pause",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("paused_at", None), ("closed_at", None), _connector="OR"),
                name="attempt_closed_is_not_paused",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("form__isnull", False), ("mode", "form")),
                    models.Q(models.Q(("mode", "form"), _negated=True), ("form", None)),
                    _connector="OR",
                ),
                name="attempt_form_exactly_when_sat",
            ),
        ),
        migrations.RunSQL(FORMS_NEVER_CHANGE, FORMS_MAY_CHANGE),
    ]
