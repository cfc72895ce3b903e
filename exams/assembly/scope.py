"""What a draw may choose from, for whom: all questions, or those that the candidate missed,
flagged, has not seen, is due to review or is weak at. Reads only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q
from django.utils.timezone import get_current_timezone

from accounts.models import User
from exams.assembly.selection import shares_of_weakness
from exams.assembly.supply import count_drawable, in_ids
from exams.days import day_ends
from exams.models import EXAM_MODES
from exams.recipes import ANYTHING, Recipe, Source
from questions.models import Exam, NoteSection, Task


class TaskCode(NamedTuple):
    code: str
    domain: str


@dataclass(frozen=True)
class Scope:
    """What is drawn from, and for whom; for nobody in particular without a ``user``.

    ``seed`` decides between equals, ``now`` what is due. ``is_drill``: what an open exam asks is
    left out, since it must not be explained first; an exam by blueprint draws it last.
    """

    exam: Exam
    user: User | None = None
    recipe: Recipe = ANYTHING
    section: NoteSection | None = None
    seed: int = 0
    now: datetime | None = None
    is_drill: bool = True

    @property
    def chosen(self) -> str | None:
        """The query for the ids that the source names; None for one that names none."""
        return _MISSED_IN_ONE if self.recipe.attempt else _CHOSEN.get(self.recipe.source)

    @property
    def parameters(self) -> dict[str, Any]:
        """Those that the queries of sources name."""
        return {
            "user": self.user and self.user.pk,
            # Of the candidate's day: views make the reader's time zone the current one.
            "day_ends": self.now and day_ends(self.now, get_current_timezone()),
            "attempt": self.recipe.attempt or None,
            "exam_modes": list(EXAM_MODES),
        }

    @cached_property
    def tasks(self) -> dict[int, TaskCode]:
        """The tasks that the recipe allows, by their ids."""
        tasks = Task.objects.filter(domain__exam=self.exam).order_by("pk")
        if self.recipe.domains:
            tasks = tasks.filter(domain__code__in=self.recipe.domains)
        if self.recipe.tasks:
            tasks = tasks.filter(code__in=self.recipe.tasks)
        rows = tasks.values_list("pk", "code", "domain__code")
        return {pk: TaskCode(code, domain) for pk, code, domain in rows}


def count_in(scope: Scope) -> int:
    """How many questions a drill of ``scope`` may be drawn from."""
    # What is asked in an exam that still runs must not be explained here first.
    among = ~in_ids(_ids(_ASKED_IN_OPEN_EXAMS, scope))
    if scope.section is not None:
        among &= Q(published__notes=scope.section)
    if scope.chosen is not None:
        among &= in_ids(_ids(scope.chosen, scope))
    elif scope.recipe.source is Source.UNSEEN:
        among &= ~in_ids(_ids(_SEEN, scope))
    return count_drawable(scope.exam, scope.recipe, among=among)


def _ids(query: str, scope: Scope) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, scope.parameters)
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
SELECT question_id FROM exams_reviewcard WHERE user_id = %(user)s AND due < %(day_ends)s
""",
}


# ---- Weakest tasks -----------------------------------------------------------------------------

_TALLIES = """
SELECT t.id, count(*) FILTER (WHERE past.is_correct), count(past.is_correct)
  FROM unnest(%(tasks)s::bigint[]) WITH ORDINALITY AS t (id, place)
  LEFT JOIN (
    SELECT r.task_id, r.is_correct
      FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id
     WHERE a.user_id = %(user)s AND r.is_correct IS NOT NULL) past ON past.task_id = t.id
 GROUP BY t.id, t.place ORDER BY t.place
"""


def weakness_shares(scope: Scope) -> dict[int, int]:
    """How many of the questions each task of ``scope`` gets, by its id: the weaker, the more."""
    with connection.cursor() as cursor:
        cursor.execute(_TALLIES, scope.parameters | {"tasks": list(scope.tasks)})
        tallies = {task: (right, asked) for task, right, asked in cursor.fetchall()}
    return shares_of_weakness(tallies, scope.recipe.items)
