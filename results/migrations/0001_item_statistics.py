"""Statistics of questions and forms, their alarms, and the notes of what has to be computed.

The triggers note what changes the evidence, whoever changes it: servers of the release before
too. At the end everything that was ever asked is noted, so that the worker computes it.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NOTE_CHANGES = """
CREATE FUNCTION results_note_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO results_evidencechange (attempt_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER evidence_of_new_attempt AFTER INSERT ON exams_attempt
    FOR EACH ROW WHEN (NEW.closed_at IS NOT NULL) EXECUTE FUNCTION results_note_attempt();
CREATE TRIGGER evidence_of_attempt AFTER UPDATE OF closed_at, user_id ON exams_attempt
    FOR EACH ROW
    WHEN (OLD.closed_at IS DISTINCT FROM NEW.closed_at OR OLD.user_id <> NEW.user_id)
    EXECUTE FUNCTION results_note_attempt();

CREATE FUNCTION results_note_form() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO results_evidencechange (form_id) VALUES (OLD.form_id);
    RETURN NULL;
END $$;
CREATE TRIGGER evidence_of_deleted_attempt AFTER DELETE ON exams_attempt
    FOR EACH ROW WHEN (OLD.form_id IS NOT NULL) EXECUTE FUNCTION results_note_form();

CREATE FUNCTION results_note_questions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO results_evidencechange (question_id) SELECT DISTINCT question_id FROM deleted;
    RETURN NULL;
END $$;
CREATE TRIGGER evidence_of_deleted_responses AFTER DELETE ON exams_response
    REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION results_note_questions();

INSERT INTO results_evidencechange (question_id, form_id)
SELECT id, NULL FROM questions_question UNION ALL SELECT NULL, id FROM exams_fixedform;
"""
NOTE_NOTHING = """
DROP TRIGGER evidence_of_deleted_responses ON exams_response;
DROP TRIGGER evidence_of_deleted_attempt ON exams_attempt;
DROP TRIGGER evidence_of_attempt ON exams_attempt;
DROP TRIGGER evidence_of_new_attempt ON exams_attempt;
DROP FUNCTION results_note_questions();
DROP FUNCTION results_note_form();
DROP FUNCTION results_note_attempt();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("exams", "0008_attempts_carry_their_rules"),
        ("questions", "0008_options_only_checks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FormStatistics",
            fields=[
                (
                    "fixed_form",
                    models.OneToOneField(
                        db_column="form_id",
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="statistics",
                        serialize=False,
                        to="exams.fixedform",
                    ),
                ),
                ("computed_at", models.DateTimeField()),
                ("candidates", models.PositiveIntegerField()),
                ("items", models.PositiveSmallIntegerField(help_text="Scored questions.")),
                ("mean", models.FloatField()),
                (
                    "deviation",
                    models.FloatField(help_text="The standard deviation of a sample.", null=True),
                ),
                (
                    "kr20",
                    models.FloatField(
                        help_text="Kuder-Richardson formula 20, at most 1.", null=True
                    ),
                ),
                (
                    "sem",
                    models.FloatField(
                        help_text="Standard error of measurement, right answers.", null=True
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EvidenceChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempt", models.UUIDField(db_column="attempt_id", null=True)),
                ("question", models.BigIntegerField(db_column="question_id", null=True)),
                ("fixed_form", models.BigIntegerField(db_column="form_id", null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("question__isnull", False)),
                        fields=["question"],
                        name="evidence_change_by_question",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("attempt__isnull", False), ("fixed_form", None), ("question", None)
                            ),
                            models.Q(
                                ("attempt", None), ("fixed_form", None), ("question__isnull", False)
                            ),
                            models.Q(
                                ("attempt", None), ("fixed_form__isnull", False), ("question", None)
                            ),
                            _connector="OR",
                        ),
                        name="evidence_change_of_one_thing",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ItemStatistics",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="statistics",
                        serialize=False,
                        to="questions.questionversion",
                    ),
                ),
                ("computed_at", models.DateTimeField()),
                (
                    "exposures",
                    models.PositiveIntegerField(
                        help_text="How often it was asked in closed attempts of all modes."
                    ),
                ),
                (
                    "answers",
                    models.PositiveIntegerField(
                        help_text="First answers: the sample of all figures."
                    ),
                ),
                ("right", models.PositiveIntegerField()),
                (
                    "blank",
                    models.PositiveIntegerField(
                        help_text="Left without an answer, which is wrong."
                    ),
                ),
                ("facility", models.FloatField(help_text="Share right, 0 to 1.", null=True)),
                (
                    "rests",
                    models.PositiveIntegerField(help_text="First answers with a rest score."),
                ),
                ("mean_rest", models.FloatField(null=True)),
                (
                    "discrimination",
                    models.FloatField(
                        help_text="Correlation of being right with the rest score, -1 to 1.",
                        null=True,
                    ),
                ),
                (
                    "efficiency",
                    models.FloatField(
                        help_text="Their covariance by the largest possible one, at most 1.",
                        null=True,
                    ),
                ),
                (
                    "timed",
                    models.PositiveIntegerField(help_text="First answers with a known time."),
                ),
                ("median_seconds", models.FloatField(null=True)),
                (
                    "said",
                    models.PositiveIntegerField(
                        help_text="First answers of which candidates said how sure."
                    ),
                ),
                ("sure", models.PositiveIntegerField()),
                ("sure_and_wrong", models.PositiveIntegerField()),
                ("choices", models.JSONField(default=list)),
                (
                    "top_size",
                    models.PositiveIntegerField(
                        help_text="The third with the highest rest scores."
                    ),
                ),
                (
                    "top_answer",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(blank=True, max_length=20),
                        default=list,
                        help_text="What most of them answered; sorted for a response.",
                        size=None,
                    ),
                ),
                (
                    "top_agreed",
                    models.PositiveIntegerField(help_text="How many of them answered that."),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answers__lte", models.F("exposures")),
                            ("right__lte", models.F("answers")),
                            ("rests__lte", models.F("answers")),
                        ),
                        name="item_statistics_counts_within",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StatisticsState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "insiders",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="Users who never counted when statistics were computed last.",
                        size=None,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pk", 1)), name="statistics_state_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ItemAlarm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("negative", "Negative discrimination"),
                            ("other", "The best agree on another answer"),
                            ("chance", "Fewer right than by guessing"),
                            ("unused", "A distractor nobody takes"),
                            ("slow", "Takes twice the usual time"),
                        ],
                        max_length=10,
                    ),
                ),
                ("figures", models.JSONField(default=dict)),
                ("answers", models.PositiveIntegerField()),
                ("opened_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "settlement",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("author", "settled by an author"),
                            ("cleared", "the figures no longer show it"),
                            ("replaced", "the version is no longer asked"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True, help_text="What the author found or did.")),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alarms",
                        to="questions.questionversion",
                    ),
                ),
            ],
            options={
                "ordering": ["-opened_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("settled_at", None)),
                        fields=("version", "kind"),
                        name="alarm_open_once_for_each_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("reason", ""),
                                ("settled_at", None),
                                ("settled_by", None),
                                ("settlement", ""),
                            ),
                            models.Q(
                                ("settled_at__isnull", False),
                                ("settlement__in", ["author", "cleared", "replaced"]),
                            ),
                            _connector="OR",
                        ),
                        name="alarm_settled_somehow",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settlement", "author"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="alarm_settled_by_author_with_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(NOTE_CHANGES, NOTE_NOTHING),
    ]
