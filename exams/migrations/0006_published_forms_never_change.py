"""A form itself never changes once published, only retires; and no question slips into one.

The trigger of before looked at the form that a moved question came from, not where it went.
"""

from django.db import migrations

QUESTIONS = """
CREATE OR REPLACE FUNCTION exams_published_form_never_changes() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM exams_fixedform f
                WHERE f.id IN (OLD.form_id, NEW.form_id) AND f.published_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'A published form never changes.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
"""
QUESTIONS_BEFORE = QUESTIONS.replace(
    "f.id IN (OLD.form_id, NEW.form_id)", "f.id = COALESCE(OLD.form_id, NEW.form_id)"
)
FORMS = """
CREATE FUNCTION exams_published_form_only_retires() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL AND (TG_OP = 'DELETE'
       OR (NEW.exam_id, NEW.slug, NEW.title, NEW.minutes, NEW.seed, NEW.published_at)
          IS DISTINCT FROM
          (OLD.exam_id, OLD.slug, OLD.title, OLD.minutes, OLD.seed, OLD.published_at))
    THEN
        RAISE EXCEPTION 'A published form never changes.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER published_form_only_retires BEFORE UPDATE OR DELETE ON exams_fixedform
    FOR EACH ROW EXECUTE FUNCTION exams_published_form_only_retires();
"""
FORMS_BEFORE = """
DROP TRIGGER published_form_only_retires ON exams_fixedform;
DROP FUNCTION exams_published_form_only_retires();
"""


class Migration(migrations.Migration):
    dependencies = [("exams", "0005_modes_hold")]

    operations = [
        migrations.RunSQL(QUESTIONS, QUESTIONS_BEFORE),
        migrations.RunSQL(FORMS, FORMS_BEFORE),
    ]
