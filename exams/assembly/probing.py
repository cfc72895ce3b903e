"""Finds questions of given tasks in a bank of any size, without reading it. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from django.db import connection

from questions.models import Question

LARGE = 2000
"""Of a bank up to this many questions all are looked at."""


def is_bank_large() -> bool:
    """Whether there are so many questions, of all exams, that one exam may have too many."""
    return Question.objects.order_by().values("pk")[LARGE : LARGE + 1].exists()


_HAVE_MORE = """
SELECT EXISTS (SELECT FROM (
         SELECT FROM questions_questionversion WHERE task_id = ANY(%(tasks)s)
          UNION ALL
         SELECT FROM questions_questionversion_also WHERE task_id = ANY(%(tasks)s)) of_tasks
        OFFSET %(large)s)
"""


def have_many(tasks: Iterable[int]) -> bool:
    """Whether so many questions serve these tasks that they should not be read one by one."""
    with connection.cursor() as cursor:
        cursor.execute(_HAVE_MORE, {"tasks": list(tasks), "large": LARGE})
        row: tuple[bool] = cursor.fetchone()
    return row[0]


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


def probe(probes: Mapping[int, int], seed: int) -> list[int]:
    """Ids of questions in use, by chance: of each task up to three for each of its probes."""
    tasks = [task for task, number in probes.items() for _ in range(number)]
    rng = Random(seed)  # noqa: S311  # a draw to be repeated by its seed, not a secret
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 1) FROM questions_questionversion")
        (last,) = cursor.fetchone()
        pivots = [rng.randint(1, last) for _ in tasks]
        return _ids(_PROBES, {"tasks": tasks, "pivots": pivots})


_NEWEST = """
SELECT found.question_id
  FROM unnest(%(tasks)s::bigint[], %(numbers)s::bigint[]) AS wanted (task_id, number)
 CROSS JOIN LATERAL (
    (SELECT v.question_id FROM questions_questionversion v
      WHERE v.task_id = wanted.task_id ORDER BY v.id DESC LIMIT wanted.number)
    UNION ALL
    (SELECT v.question_id FROM questions_questionversion_also g
       JOIN questions_questionversion v ON v.id = g.questionversion_id
      WHERE g.task_id = wanted.task_id
      ORDER BY g.questionversion_id DESC LIMIT wanted.number)) found
"""


def newest(wanted: Mapping[int, int]) -> list[int]:
    """Ids of the questions that were written or changed last: of each task so many."""
    return _ids(_NEWEST, {"tasks": list(wanted), "numbers": list(wanted.values())})


def _ids(query: str, parameters: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return sorted({question for (question,) in cursor.fetchall()})
