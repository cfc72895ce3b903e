from django.db import migrations

REFUSE_CHANGES = """
CREATE FUNCTION exams_journal_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The journal of saves only grows: event % cannot be changed.', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER journal_only_grows BEFORE UPDATE ON exams_answerevent
    FOR EACH ROW EXECUTE FUNCTION exams_journal_only_grows();
"""
ALLOW_CHANGES = """
DROP TRIGGER journal_only_grows ON exams_answerevent;
DROP FUNCTION exams_journal_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("exams", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES)]
