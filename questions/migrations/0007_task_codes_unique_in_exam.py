"""A task's code names one task of its exam.

A trigger, for the exam of a task is in the row of its domain. It looks at new rows and changed
codes only: a bank that holds two tasks of one code migrates, and is corrected in the admin.
"""

from django.db import migrations

REFUSE_REPEATED_CODES = """
CREATE FUNCTION questions_task_code_is_unique_in_exam() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    other text;
BEGIN
    -- Of two transactions that write tasks of one exam, the second waits and then sees the first.
    PERFORM 1 FROM questions_exam e JOIN questions_domain d ON d.exam_id = e.id
        WHERE d.id = NEW.domain_id FOR NO KEY UPDATE OF e;
    SELECT sibling.code INTO other
        FROM questions_task t
        JOIN questions_domain sibling ON sibling.id = t.domain_id
        JOIN questions_domain own ON own.exam_id = sibling.exam_id
        WHERE own.id = NEW.domain_id AND t.code = NEW.code AND t.id <> NEW.id
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Domain % has a task % already.', other, NEW.code
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'task_code_unique_in_exam',
            TABLE = 'questions_task',
            HINT = 'Give one of the two tasks another code.';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER task_code_unique_in_exam
    AFTER INSERT OR UPDATE OF code, domain_id ON questions_task
    FOR EACH ROW EXECUTE FUNCTION questions_task_code_is_unique_in_exam();
"""
ALLOW_REPEATED_CODES = """
DROP TRIGGER task_code_unique_in_exam ON questions_task;
DROP FUNCTION questions_task_code_is_unique_in_exam();
"""


class Migration(migrations.Migration):
    dependencies = [("questions", "0006_publishing_leaves_the_key")]

    operations = [migrations.RunSQL(REFUSE_REPEATED_CODES, ALLOW_REPEATED_CODES)]
