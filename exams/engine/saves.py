"""The one writer of answers and annotations: each save is one statement, decided under the lock.

A save also says which question is open, so that the attempt can be continued there.

See docs/adr/0002-one-statement-saves.md.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import DatabaseError, connection
from psycopg.types.json import Jsonb

from accounts.models import User
from exams.engine.annotations import Annotations, MalformedAnnotations
from exams.models import Outcome, Response
from questions.kinds import Kind, MalformedAnswer, Shape, parse_answer

GRACE = timedelta(seconds=2)
"""How long after the deadline a save is still accepted: the network's share, not the person's."""


class CommitUncertain(DatabaseError):
    """COMMIT returned with a warning: nothing may be acknowledged."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save, and what the candidate's window must know to go on."""

    outcome: Outcome
    rev: int
    epoch: int
    deadline: datetime | None
    paused_at: datetime | None = None

    @property
    def is_acknowledged(self) -> bool:
        return self.outcome in (Outcome.APPLIED, Outcome.REPEATED)


_LOCKED_ATTEMPT = """attempt AS (
    SELECT id, epoch, deadline, paused_at, closed_at
      FROM exams_attempt
     WHERE id = %(attempt)s AND user_id = %(user)s
       FOR NO KEY UPDATE
)"""
_REFUSED = """WHEN attempt.closed_at IS NOT NULL THEN 'closed'
             WHEN attempt.paused_at IS NULL AND %(now)s > attempt.deadline + %(grace)s THEN 'late'
             WHEN %(epoch)s <> attempt.epoch THEN 'superseded'"""
# Once for each question that is gone to and saved in, not once for each save.
_SEEN = """seen AS (
    UPDATE exams_attempt a SET last_position = %(open)s::smallint
      FROM decision
     WHERE a.id = %(attempt)s::uuid AND a.last_position <> %(open)s::smallint
       AND decision.outcome NOT IN ('closed', 'late', 'superseded')
       AND EXISTS (SELECT 1 FROM exams_response r
                    WHERE r.attempt_id = a.id AND r.position = %(open)s::smallint)
)"""


# ---- Answers ------------------------------------------------------------------------------------

# Everything the save contract asks for, in one statement and so in one transaction: lock the
# attempt, decide, apply if newer, journal in any case. The rows are read by the locking clauses,
# which wait for whoever holds them and then see what that one committed; a plain read in the
# same statement would see the state before the wait.
_SAVE = f"""
WITH {_LOCKED_ATTEMPT}, response AS (
    SELECT r.id, r.epoch, r.rev, r.answer, r.revealed_at
      FROM exams_response r JOIN attempt ON r.attempt_id = attempt.id
     WHERE r.position = %(position)s
       FOR NO KEY UPDATE OF r
), decision AS (
    SELECT response.id AS response_id, attempt.deadline, attempt.paused_at,
           attempt.epoch AS current_epoch, response.rev AS current_rev,
           CASE
             {_REFUSED}
             WHEN (%(epoch)s, %(rev)s) = (response.epoch, response.rev)
                  AND response.answer = %(answer)s::varchar[] THEN 'repeated'
             WHEN response.revealed_at IS NOT NULL THEN 'revealed'
             WHEN (%(epoch)s, %(rev)s) > (response.epoch, response.rev) THEN 'applied'
             ELSE 'stale'
           END AS outcome
      FROM attempt CROSS JOIN response
), applied AS (
    UPDATE exams_response r
       SET answer = %(answer)s::varchar[], epoch = %(epoch)s, rev = %(rev)s, saved_at = %(now)s
      FROM decision
     WHERE r.id = decision.response_id AND decision.outcome = 'applied'
), {_SEEN}, journal AS (
    INSERT INTO exams_answerevent
           (attempt_id, position, epoch, rev, answer, outcome, received_at)
    SELECT %(attempt)s::uuid, %(position)s, %(epoch)s, %(rev)s, %(answer)s::varchar[],
           outcome, %(now)s::timestamptz
      FROM decision
)
SELECT outcome, current_rev, current_epoch, deadline, paused_at FROM decision
"""  # noqa: S608  # only our own text is put together


@dataclass(frozen=True, slots=True)
class Save:
    """One save as it came from a window.

    ``given``: places in the shown order, from 1; ``open``: the position of the question that the
    window shows now, if it says so.
    """

    position: int
    epoch: int
    rev: int
    given: Sequence[str]
    open: int | None = None


def save_answer(*, user: User, attempt_id: uuid.UUID, save: Save, now: datetime) -> Saved:
    """Save one answer by the save contract; ``now`` is when the server received it.

    Returning means that it is committed, or refused for the reason in the outcome; either way
    it is in the journal. What cannot be an answer to the question at all is not journaled.
    Raises Response.DoesNotExist when ``user`` has no such attempt or it
    has no such question, MalformedAnswer when the answer does not fit the question, and
    CommitUncertain when the database did not promise durability.
    """
    answer = _answer_in_option_ids(user, attempt_id, save)
    parameters = _common_parameters(user, attempt_id, save, now) | {"answer": list(answer)}
    return _saved(_execute_durably(_SAVE, parameters), save.rev)


def _common_parameters(
    user: User, attempt_id: uuid.UUID, save: Save | AnnotationsSave, now: datetime
) -> dict[str, Any]:
    """What every save is decided by."""
    return {
        "attempt": attempt_id,
        "user": user.pk,
        "position": save.position,
        "epoch": save.epoch,
        "rev": save.rev,
        "open": save.open,
        "now": now,
        "grace": GRACE,
    }


def _saved(row: tuple[Any, ...], rev: int) -> Saved:
    outcome, current_rev, epoch, deadline, paused_at = row
    return Saved(
        outcome=Outcome(outcome),
        rev=rev if outcome == Outcome.APPLIED else current_rev,
        epoch=epoch,
        deadline=deadline,
        paused_at=paused_at,
    )


def _answer_in_option_ids(user: User, attempt_id: uuid.UUID, save: Save) -> tuple[str, ...]:
    # Form and versions never change, so this needs no lock.
    kind, prompts, order = Response.objects.values_list(
        "version__kind", "version__prompts", "option_order"
    ).get(attempt=attempt_id, attempt__user=user, position=save.position)
    # Browsers know options by the place they are shown in: an id or an authored place could
    # give the key away.
    places = {str(place): option for place, option in enumerate(order, start=1)} | {"": ""}
    if unknown := [place for place in save.given if place not in places]:
        raise MalformedAnswer(f"This question has no option {unknown[0]!r}.")
    shape = Shape(Kind(kind), tuple(order), len(prompts))
    return parse_answer(shape, [places[place] for place in save.given])


def _execute_durably(statement: str, parameters: dict[str, Any]) -> tuple[Any, ...]:
    warnings: list[str] = []

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING":
            warnings.append(diagnostic.message_primary or "unnamed warning")

    with connection.cursor() as cursor:
        # A synchronous commit that was cancelled while waiting for its standby still reports
        # success, with a warning only.
        cursor.connection.add_notice_handler(note)
        try:
            cursor.execute(statement, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
        finally:
            cursor.connection.remove_notice_handler(note)
    if warnings:
        raise CommitUncertain("; ".join(warnings))
    if row is None:
        # The attempt was deleted between the two statements.
        raise Response.DoesNotExist
    return row


# ---- Annotations ---------------------------------------------------------------------------------

# As a save, by numbers of their own and without the journal: annotations never count.
_SAVE_ANNOTATIONS = f"""
WITH {_LOCKED_ATTEMPT}, response AS (
    SELECT r.id, r.marks_epoch, r.marks_rev, r.struck, r.note, r.highlights, r.confidence,
           r.flagged
      FROM exams_response r JOIN attempt ON r.attempt_id = attempt.id
     WHERE r.position = %(position)s
       FOR NO KEY UPDATE OF r
), decision AS (
    SELECT response.id AS response_id, attempt.deadline, attempt.paused_at,
           attempt.epoch AS current_epoch, response.marks_rev AS current_rev,
           CASE
             {_REFUSED}
             WHEN (%(epoch)s, %(rev)s) > (response.marks_epoch, response.marks_rev) THEN 'applied'
             WHEN (%(epoch)s, %(rev)s) = (response.marks_epoch, response.marks_rev)
                  AND response.struck = %(struck)s::varchar[] AND response.note = %(note)s
                  AND response.highlights = %(highlights)s
                  AND response.confidence = %(confidence)s
                  AND response.flagged = coalesce(%(flagged)s::boolean, response.flagged)
             THEN 'repeated'
             ELSE 'stale'
           END AS outcome
      FROM attempt CROSS JOIN response
), applied AS (
    UPDATE exams_response r
       SET struck = %(struck)s::varchar[], note = %(note)s, highlights = %(highlights)s,
           confidence = %(confidence)s, flagged = coalesce(%(flagged)s::boolean, r.flagged),
           marks_epoch = %(epoch)s, marks_rev = %(rev)s
      FROM decision
     WHERE r.id = decision.response_id AND decision.outcome = 'applied'
), {_SEEN}
SELECT outcome, current_rev, current_epoch, deadline, paused_at FROM decision
"""  # noqa: S608  # only our own text is put together


@dataclass(frozen=True, slots=True)
class AnnotationsSave:
    """Strikes, highlights, note, confidence and flag of one question, as a window sent them."""

    position: int
    epoch: int
    rev: int
    annotations: Annotations
    open: int | None = None


def save_annotations(
    *, user: User, attempt_id: uuid.UUID, save: AnnotationsSave, now: datetime
) -> Saved:
    """Keep what the candidate added beside one answer, under the rules of a save.

    Raises Response.DoesNotExist as ``save_answer``, and MalformedAnnotations for an option that the
    question has not.
    """
    order = Response.objects.values_list("option_order", flat=True).get(
        attempt=attempt_id, attempt__user=user, position=save.position
    )
    places = {str(place): option for place, option in enumerate(order, start=1)}
    if unknown := [place for place in save.annotations.struck if place not in places]:
        raise MalformedAnnotations(f"This question has no option {unknown[0]!r}.")
    annotations = asdict(save.annotations) | {
        "struck": [places[place] for place in save.annotations.struck],
        "highlights": Jsonb(save.annotations.highlights),
    }
    parameters = _common_parameters(user, attempt_id, save, now) | annotations
    return _saved(_execute_durably(_SAVE_ANNOTATIONS, parameters), save.rev)
