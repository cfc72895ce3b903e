"""Practices of a section are study attempts now, whose recipe names the section."""

from django.db import migrations

FORWARDS = """
UPDATE exams_attempt a
   SET mode = 'study', recipe = jsonb_build_object('section', n.anchor)
  FROM questions_notesection n
 WHERE a.mode = 'section' AND n.id = a.section_id
"""
BACKWARDS = "UPDATE exams_attempt SET mode = 'section' WHERE section_id IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("exams", "0003_modes")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
