"""The one writer of the statistics of questions and fixed forms, and of what has to be computed.

Triggers note every attempt that closes, moves to another user or is deleted as an
``EvidenceChange``; changes of who counts are found here. ``refresh`` computes a batch of what
changed anew, from the attempts as they are; see docs/adr/0015-item-statistics.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from exams.models import EXAM_MODES
from results import item_alarms
from results.models import EvidenceChange, StatisticsState
from results.population import insiders
from results.statistics_sql import COMPUTE_FORMS, COMPUTE_ITEMS

BATCH = 2
"""Questions in one statement. Few, for a worker closes attempts between two batches, and larger
batches are not faster for each question."""
ATTEMPTS_BATCH = 500
LATEST = 1000
"""Of more first answers to a version the latest count: the standard error of a facility is 1.6 %
at most by then, and the time that a batch takes stays bounded."""
FREQUENT_ANSWERS = 8
"""Of whole answers, such as an order of five, there may be a hundred."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What one batch did: versions and forms computed, and whether more wait."""

    versions: int
    forms: int
    more: bool


def refresh(*, now: datetime) -> Refreshed | None:
    """Compute one batch of what changed; None while another process does.

    Statistics and alarms of the batch are committed together.
    """
    with transaction.atomic():
        state = _locked_state()
        if state is None:
            return None
        _note_changes_of_insiders(state)
        _spell_out_attempts()
        questions, forms = _take(_TAKE_QUESTIONS), _take(_TAKE_FORMS)
        versions = _compute_items(questions, state.insiders, now=now)
        _compute_forms(forms, state.insiders, now=now)
        item_alarms.review(versions, now=now)
        return Refreshed(len(versions), len(forms), EvidenceChange.objects.exists())


def refresh_all(*, now: datetime) -> Refreshed | None:
    """Compute all that changed, batch after batch; None while another process does."""
    versions = forms = 0
    while done := refresh(now=now):
        versions, forms = versions + done.versions, forms + done.forms
        if not done.more:
            return Refreshed(versions, forms, more=False)
    return None


# By the tables of the bank: the next batches find out which of these were ever asked.
_NOTE_EVERYTHING = """
INSERT INTO results_evidencechange (question_id, form_id)
SELECT id, NULL FROM questions_question UNION ALL SELECT NULL, id FROM exams_fixedform
"""


def note_everything() -> None:
    """Let the next batches compute all statistics anew."""
    _execute(_NOTE_EVERYTHING, {})


def _locked_state() -> StatisticsState | None:
    StatisticsState.objects.get_or_create(pk=1)
    return StatisticsState.objects.select_for_update(no_key=True, skip_locked=True).first()


# ---- What changed ------------------------------------------------------------------------------

_NOTE_USERS = """
WITH attempt AS (
    SELECT id, form_id FROM exams_attempt WHERE user_id = ANY(%(users)s::bigint[])
)
INSERT INTO results_evidencechange (question_id, form_id)
SELECT DISTINCT r.question_id, NULL::bigint
  FROM exams_response r JOIN attempt ON attempt.id = r.attempt_id
UNION ALL
SELECT DISTINCT NULL::bigint, form_id FROM attempt WHERE form_id IS NOT NULL
"""


def _note_changes_of_insiders(state: StatisticsState) -> None:
    """Who became staff counts no more, from the first answer on; and the other way round."""
    present = insiders()
    if changed := set(present) ^ set(state.insiders):
        _execute(_NOTE_USERS, {"users": sorted(changed)})
        state.insiders = present
        state.save(update_fields=["insiders"])


_SPELL_OUT = """
WITH taken AS (
    DELETE FROM results_evidencechange WHERE id IN (
        SELECT id FROM results_evidencechange WHERE attempt_id IS NOT NULL
         ORDER BY id LIMIT %(limit)s)
    RETURNING attempt_id
), known AS (
    SELECT question_id, form_id FROM results_evidencechange WHERE attempt_id IS NULL
)
INSERT INTO results_evidencechange (question_id, form_id)
SELECT DISTINCT r.question_id, NULL::bigint
  FROM exams_response r JOIN taken USING (attempt_id)
 WHERE NOT EXISTS (SELECT FROM known WHERE known.question_id = r.question_id)
UNION ALL
SELECT DISTINCT NULL::bigint, a.form_id
  FROM exams_attempt a JOIN taken ON taken.attempt_id = a.id
 WHERE a.form_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM known WHERE known.form_id = a.form_id)
"""


def _spell_out_attempts() -> None:
    """Turn noted attempts into the questions and forms that they asked."""
    _execute(_SPELL_OUT, {"limit": ATTEMPTS_BATCH})


# What waits longest comes first.
_TAKE_QUESTIONS = """
WITH batch AS (
    SELECT question_id FROM results_evidencechange WHERE question_id IS NOT NULL
     GROUP BY question_id ORDER BY min(id) LIMIT %(limit)s
)
DELETE FROM results_evidencechange c USING batch
 WHERE c.question_id = batch.question_id RETURNING c.question_id
"""
_TAKE_FORMS = """
WITH batch AS (
    SELECT form_id FROM results_evidencechange WHERE form_id IS NOT NULL
     GROUP BY form_id ORDER BY min(id) LIMIT %(limit)s
)
DELETE FROM results_evidencechange c USING batch
 WHERE c.form_id = batch.form_id RETURNING c.form_id
"""


def _take(statement: str) -> list[int]:
    """What this batch computes. Taken first: what changes from here on is noted anew."""
    return sorted(set(_execute(statement, {"limit": BATCH})))


# ---- Computing ---------------------------------------------------------------------------------


def _compute_items(questions: list[int], excluded: list[int], *, now: datetime) -> list[int]:
    """The versions of ``questions`` that candidates were asked, computed anew."""
    return _execute(
        COMPUTE_ITEMS,
        {
            "questions": questions,
            "insiders": excluded,
            "modes": [mode.value for mode in EXAM_MODES],
            "latest": LATEST,
            "frequent": FREQUENT_ANSWERS,
            "now": now,
        },
    )


def _compute_forms(forms: list[int], excluded: list[int], *, now: datetime) -> None:
    _execute(COMPUTE_FORMS, {"forms": forms, "insiders": excluded, "now": now})


def _execute(statement: str, parameters: dict[str, Any]) -> list[int]:
    """The first column of what the statement returns, if it returns anything."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: Iterable[tuple[int, ...]] = cursor.fetchall() if cursor.description else ()
        return [row[0] for row in rows]
