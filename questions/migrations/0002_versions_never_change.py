from django.db import migrations

REFUSE_CHANGES = """
CREATE FUNCTION questions_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Deleting a person clears who made the version; nothing else may change.
    IF to_jsonb(NEW) - 'created_by_id' IS DISTINCT FROM to_jsonb(OLD) - 'created_by_id' THEN
        RAISE EXCEPTION 'Question version % never changes: make a new version.', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_is_immutable BEFORE UPDATE ON questions_questionversion
    FOR EACH ROW EXECUTE FUNCTION questions_version_is_immutable();
"""
ALLOW_CHANGES = """
DROP TRIGGER version_is_immutable ON questions_questionversion;
DROP FUNCTION questions_version_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("questions", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES)]
