"""Which questions a drill may ask one candidate: missed, flagged, unseen, due, or of weak tasks.

Reads only. Everything that grows with the bank or with the candidate's past is decided in the
database, which hands out a few times as many questions as are asked; who comes first among
equals is decided by a hash of question and seed, so that a draw can be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from django.db import connection
from django.db.models import Q

from accounts.models import User
from exams.models import EXAM_MODES
from exams.recipes import Recipe, Source
from exams.selection import shares_of_weakness
from exams.supply import Drawable, count_drawable, drawable, in_ids, some_drawable
from questions.models import Exam, NoteSection, QuestionVersion, Task

# Of a bank up to this size all questions are looked at, so that unseen ones surely come first; of
# a larger one this many by chance, or some times what is asked where that is more.
ENOUGH, SPARE = 400, 4


@dataclass(frozen=True, slots=True)
class Drill:
    """What a drill is drawn for. ``seed`` orders what is equally fit."""

    user: User
    exam: Exam
    recipe: Recipe
    section: NoteSection | None
    now: datetime
    seed: int

    @property
    def wanted(self) -> int:
        """How many questions to choose from: enemies may drop out, and seen ones come last."""
        return max(ENOUGH, self.recipe.items * SPARE)


def drill_pool(drill: Drill) -> list[Drawable]:
    """Questions for ``drill``, a few times as many as it asks where there are; order is free."""
    if drill.recipe.source is Source.WEAKEST:
        return _of_weak_tasks(drill)
    if (chosen := _chosen(drill.recipe)) is not None:
        return _of_chosen(drill, chosen)
    return some_drawable(
        drill.exam, drill.recipe, among=_condition(drill), limit=drill.wanted, seed=drill.seed
    )


def _of_chosen(drill: Drill, query: str) -> list[Drawable]:
    """Of the questions that ``query`` names, looked at in ever larger parts until enough fit."""
    ids = sorted(_ids(query, drill))
    Random(drill.seed).shuffle(ids)  # noqa: S311  # a draw to be repeated by its seed, no secret
    among = _open_to(drill)
    found: list[Drawable] = []
    size = drill.wanted
    while ids and len(found) < drill.wanted:
        part, ids, size = ids[:size], ids[size:], size * 4
        found += drawable(drill.exam, drill.recipe, among=among & in_ids(part))
    return found


def count_pool(drill: Drill) -> int:
    """How many questions ``drill`` may be drawn from."""
    return count_drawable(drill.exam, drill.recipe, among=_condition(drill))


def _condition(drill: Drill) -> Q:
    condition = _open_to(drill)
    if drill.recipe.source is Source.UNSEEN:
        return condition & ~in_ids(_ids(_SEEN, drill))
    if (chosen := _chosen(drill.recipe)) is not None:
        condition &= in_ids(_ids(chosen, drill))
    return condition


def _chosen(recipe: Recipe) -> str | None:
    """The query for the ids that the source of ``recipe`` names; None for one that names none."""
    return _MISSED_IN_ONE if recipe.attempt else _CHOSEN.get(recipe.source)


def _open_to(drill: Drill) -> Q:
    # What is asked in an exam that still runs must not be explained here first.
    condition = ~in_ids(_ids(_ASKED_IN_OPEN_EXAMS, drill))
    return condition & Q(published__notes=drill.section) if drill.section else condition


def _ids(query: str, drill: Drill) -> list[int]:
    parameters: dict[str, Any] = {
        "user": drill.user.pk,
        "now": drill.now,
        "attempt": drill.recipe.attempt or None,
        "exam_modes": list(EXAM_MODES),
    }
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [question for (question,) in cursor.fetchall()]


_SEEN = """
SELECT DISTINCT r.question_id
  FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id
 WHERE a.user_id = %(user)s
"""
_ASKED_IN_OPEN_EXAMS = f"{_SEEN} AND a.closed_at IS NULL AND a.mode = ANY(%(exam_modes)s)"
# How each question went last time it was asked and marked.
_LATEST = """
SELECT DISTINCT ON (r.question_id) r.question_id, r.is_correct, r.flagged
  FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id
 WHERE a.user_id = %(user)s AND r.is_correct IS NOT NULL
 ORDER BY r.question_id, a.started_at DESC
"""
_MISSED_IN_ONE = """
SELECT r.question_id
  FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id
 WHERE a.user_id = %(user)s AND a.id = %(attempt)s::uuid AND NOT r.is_correct
"""
_CHOSEN = {
    Source.MISSED: f"SELECT question_id FROM ({_LATEST}) latest WHERE NOT is_correct",  # noqa: S608
    Source.FLAGGED: f"SELECT question_id FROM ({_LATEST}) latest WHERE flagged",  # noqa: S608
    Source.DUE: """
SELECT question_id FROM exams_reviewcard WHERE user_id = %(user)s AND due <= %(now)s
""",
}


# ---- Weakest tasks -----------------------------------------------------------------------------

_TALLIES = """
SELECT t.id, t.code, count(*) FILTER (WHERE past.is_correct), count(past.is_correct)
  FROM questions_task t
  JOIN questions_domain d ON d.id = t.domain_id
  LEFT JOIN (
    SELECT r.task_id, r.is_correct
      FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id
     WHERE a.user_id = %(user)s AND r.is_correct IS NOT NULL) past ON past.task_id = t.id
 WHERE d.exam_id = %(exam)s
   AND (cardinality(%(domains)s::text[]) = 0 OR d.code = ANY(%(domains)s))
   AND (cardinality(%(tasks)s::text[]) = 0 OR t.code = ANY(%(tasks)s))
 GROUP BY t.id, t.code ORDER BY t.id
"""


@dataclass(frozen=True, slots=True)
class TaskTally:
    """How a candidate has done at one task so far."""

    task_id: int
    code: str
    right: int
    asked: int


def tallies_of_tasks(user: User, exam: Exam, recipe: Recipe) -> list[TaskTally]:
    """One row for each task that ``recipe`` allows, asked or not."""
    parameters: dict[str, Any] = {
        "user": user.pk,
        "exam": exam.pk,
        "domains": list(recipe.domains),
        "tasks": list(recipe.tasks),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TALLIES, parameters)
        return [TaskTally(*row) for row in cursor.fetchall()]


def weakness_shares(drill: Drill) -> dict[str, int]:
    """How many of the questions each task gets, by its code."""
    tallies = tallies_of_tasks(drill.user, drill.exam, drill.recipe)
    return shares_of_weakness({t.code: (t.right, t.asked) for t in tallies}, drill.recipe.items)


# A few versions after each of some random numbers: an index finds them however large the bank is.
_PROBES = """
SELECT found.question_id
  FROM unnest(%(tasks)s::bigint[], %(pivots)s::bigint[]) AS probe (task_id, pivot)
 CROSS JOIN LATERAL (
    (SELECT v.question_id FROM questions_questionversion v
       JOIN questions_question q ON q.published_id = v.id
      WHERE v.task_id = probe.task_id AND v.id >= probe.pivot
        -- Said again of the other side, or Postgres reads that from its start.
        AND q.published_id >= probe.pivot
      ORDER BY v.id LIMIT 3)
    UNION ALL
    (SELECT v.question_id FROM questions_questionversion_also g
       JOIN questions_questionversion v ON v.id = g.questionversion_id
       JOIN questions_question q ON q.published_id = v.id
      WHERE g.task_id = probe.task_id AND g.questionversion_id >= probe.pivot
        AND q.published_id >= probe.pivot
      ORDER BY g.questionversion_id LIMIT 3)) found
"""


def _of_weak_tasks(drill: Drill) -> list[Drawable]:
    found = _probed(drill)
    among = _condition(drill)
    # With fewer the probes have met the edges of a small bank, or what else is asked for is rare.
    if len(found) >= (enough := 2 * drill.recipe.items):
        fitting = drawable(drill.exam, drill.recipe, among=among & in_ids(found))
        if len(fitting) >= enough:
            return fitting
    return some_drawable(drill.exam, drill.recipe, among=among, limit=drill.wanted, seed=drill.seed)


def _probed(drill: Drill) -> list[int]:
    codes = Task.objects.filter(domain__exam=drill.exam).order_by("pk").values_list("pk", "code")
    shares = weakness_shares(drill)
    tasks = [pk for pk, code in codes for _ in range(SPARE * shares.get(code, 0))]
    last = QuestionVersion.objects.order_by("-pk").values_list("pk", flat=True).first() or 1
    rng = Random(drill.seed)  # noqa: S311  # a draw to be repeated by its seed, not a secret
    with connection.cursor() as cursor:
        cursor.execute(_PROBES, {"tasks": tasks, "pivots": [rng.randint(1, last) for _ in tasks]})
        return sorted({question for (question,) in cursor.fetchall()})
