"""Which questions a drill may ask one candidate: missed, flagged, unseen, due, or of weak tasks.

Reads only. Everything that grows with the bank or with the candidate's past is decided in the
database, which hands out a few times as many questions as are asked; who comes first among
equals is decided by a hash of question and seed, so that a draw can be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.timezone import get_current_timezone

from accounts.models import User
from exams.assembly.probing import have_many, is_bank_large, probe
from exams.assembly.selection import shares_of_weakness
from exams.assembly.supply import Drawable, count_drawable, drawable, in_ids, some_drawable
from exams.days import day_ends
from exams.models import EXAM_MODES
from exams.recipes import Recipe, Source
from questions.models import Exam, NoteSection, Task

# Of a large bank this many are looked at, or some times what is asked where that is more.
ENOUGH, SPARE = 100, 4


@dataclass(frozen=True)
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

    @cached_property
    def weakness_shares(self) -> dict[str, int]:
        """How many of the questions each task gets, by its code."""
        tallies = tallies_of_tasks(self.user, self.exam, self.recipe)
        return shares_of_weakness({t.code: (t.right, t.asked) for t in tallies}, self.recipe.items)


def drill_pool(drill: Drill) -> list[Drawable]:
    """Questions for ``drill``, a few times as many as it asks where there are; order is free."""
    if (chosen := _chosen(drill.recipe)) is not None:
        return _of_chosen(drill, chosen)
    if is_bank_large() and have_many(tasks := _tasks(drill)):
        return _probed(drill, tasks) or _of_many(drill)
    return drawable(drill.exam, drill.recipe, among=_condition(drill))


def _tasks(drill: Drill) -> dict[int, str]:
    """Ids and codes of the tasks that the recipe allows."""
    tasks = Task.objects.filter(domain__exam=drill.exam).order_by("pk")
    if drill.recipe.domains:
        tasks = tasks.filter(domain__code__in=drill.recipe.domains)
    if drill.recipe.tasks:
        tasks = tasks.filter(code__in=drill.recipe.tasks)
    return dict(tasks.values_list("pk", "code"))


def _probed(drill: Drill, tasks: Mapping[int, str]) -> list[Drawable]:
    """Some of a large bank by chance; nothing where what else is asked for is rare."""
    if drill.section is not None:
        return []
    items = drill.recipe.items
    if drill.recipe.source is Source.WEAKEST:
        probes = {task: SPARE * drill.weakness_shares.get(code, 0) for task, code in tasks.items()}
    else:
        probes = dict.fromkeys(tasks, SPARE * -(-items // len(tasks)))
    found = set(probe(probes, drill.seed))
    if drill.recipe.source is not Source.WEAKEST:
        # Those of weak tasks come back, the least seen first.
        found -= set(_ids(_SEEN_OF, drill, found=list(found)))
    among = _open_to(drill) & in_ids(sorted(found))
    fitting = drawable(drill.exam, drill.recipe, among=among)
    return fitting if len(fitting) >= 2 * items else []


def _of_many(drill: Drill) -> list[Drawable]:
    """Of a large bank those not seen yet; others only where these do not suffice."""
    found: list[Drawable] = []
    for fresh in (True, False):
        if len(found) < drill.recipe.items:
            found = some_drawable(
                drill.exam,
                drill.recipe,
                among=_condition(drill, fresh=fresh),
                limit=drill.wanted,
                seed=drill.seed,
            )
    return found


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


def _condition(drill: Drill, *, fresh: bool = False) -> Q:
    """What a question must be; ``fresh``: not seen either, whatever the source."""
    condition = _open_to(drill)
    if fresh or drill.recipe.source is Source.UNSEEN:
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


def _ids(query: str, drill: Drill, **more: Any) -> list[int]:
    parameters: dict[str, Any] = {
        "user": drill.user.pk,
        # Of the candidate's day: views make the reader's time zone the current one.
        "day_ends": day_ends(drill.now, get_current_timezone()),
        "attempt": drill.recipe.attempt or None,
        "exam_modes": list(EXAM_MODES),
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [question for (question,) in cursor.fetchall()]


_SEEN = """
SELECT DISTINCT r.question_id
  FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id
 WHERE a.user_id = %(user)s
"""
_SEEN_OF = f"{_SEEN} AND r.question_id = ANY(%(found)s)"
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
SELECT question_id FROM exams_reviewcard WHERE user_id = %(user)s AND due < %(day_ends)s
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
