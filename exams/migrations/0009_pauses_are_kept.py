"""Attempts keep how long they were paused; of old ones it follows from their deadline."""

from datetime import timedelta

from django.db import migrations, models
from django.db.models import Value

# What a deadline is later than start, allowed time and outages was paused. A pause that lasts still
# has not moved it. Whoever began before extra minutes were scaled got all 30.
FORWARDS = """
UPDATE exams_attempt a
   SET paused_for = greatest(interval '0', a.deadline - a.started_at
         - make_interval(secs => 60.0 * (a.rules ->> 'minutes')::float
             * CASE a.extra_time WHEN 'x1.25' THEN 1.25 WHEN 'x1.5' THEN 1.5 WHEN 'x2' THEN 2
               ELSE 1 END
             + CASE a.extra_time WHEN 'plus30' THEN 1800 ELSE 0 END)
         - coalesce((SELECT sum(x.deadline_after - x.deadline_before) FROM exams_extension x
                      WHERE x.attempt_id = a.id), interval '0'))
 WHERE a.mode IN ('study', 'review') AND a.deadline IS NOT NULL
   AND a.rules ->> 'minutes' IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("exams", "0008_attempts_carry_their_rules")]

    operations = [
        migrations.AddField(
            "attempt",
            "paused_for",
            models.DurationField(
                default=timedelta(0),
                db_default=Value(timedelta(0), models.DurationField()),
                help_text="Study only: all pauses that are over.",
            ),
        ),
        migrations.RunSQL(FORWARDS, migrations.RunSQL.noop),
    ]
