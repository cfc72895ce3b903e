"""Each attempt carries the rules it is judged by; old ones get those of their exam as it is now."""

from django.db import migrations, models

# Scale, pass mark and weights were never kept, so the exam's present ones are the best known. The
# minutes follow from the mode, as the start reckoned them.
FORWARDS = """
UPDATE exams_attempt a
   SET rules = jsonb_build_object(
         'scale_min', e.scale_min, 'scale_max', e.scale_max, 'pass_mark', e.pass_mark,
         'weights', (SELECT coalesce(jsonb_object_agg(d.code, d.weight), '{}')
                       FROM questions_domain d WHERE d.exam_id = e.id),
         'minutes', CASE a.mode
             WHEN 'mock' THEN to_jsonb(e.minutes)
             WHEN 'half' THEN to_jsonb(e.minutes / 2.0)
             WHEN 'form' THEN (SELECT to_jsonb(f.minutes) FROM exams_fixedform f
                                WHERE f.id = a.form_id)
             ELSE a.recipe -> 'minutes' END)
  FROM questions_exam e
 WHERE e.id = a.exam_id AND a.rules IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("exams", "0007_words"), ("questions", "0001_initial")]

    operations = [
        migrations.AddField(
            "attempt",
            "rules",
            models.JSONField(
                null=True,
                help_text="What it is judged by: exams.rules.Rules as JSON. Empty: a server of the "
                "release before began it, and the exam's present rules hold.",
            ),
        ),
        migrations.RunSQL(FORWARDS, migrations.RunSQL.noop),
    ]
