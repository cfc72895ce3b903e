"""Reads from a bank of any size what a draw needs of it: the first questions of each task.

A draw takes of each task those that the candidate has seen least, equals by chance; to try out,
the newest of these. So it needs no more than the first few in these orders, which indexes hold
(ADR 10). A draw that may have needed more of them is made again, from more. Reads only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import NamedTuple

from django.db import connection

from exams.assembly.scope import Scope
from exams.assembly.selection import BankTooSmall, Pick, PoolItem, Reach, is_settled
from exams.assembly.supply import Drawable, kinds_asked
from exams.recipes import Source

SPARE = 4
"""How many times its share is read of a task: enemies drop out, and chance needs a choice."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The questions that were read, the same as the pure draw knows them, and how far was read."""

    questions: Sequence[Drawable] = ()
    items: Sequence[PoolItem] = ()
    reach: Reach = field(default_factory=Reach)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was picked from ``pool``; ``rng`` goes on from there."""

    picks: list[Pick]
    pool: Pool
    rng: Random


Draw = Callable[[Sequence[PoolItem], Random], list[Pick]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be drawn: so many ``items``, by ``draw``, which is told of the pool.

    ``shares``: about how many questions each task gives, by its id; they are ``due`` where a task
    that was asked before rather repeats itself than leaves its share to others. ``tries_out``:
    some of the picks are to be the newest.
    """

    items: int
    shares: Mapping[int, int]
    draw: Draw
    are_due: bool = False
    tries_out: bool = False


def draw_from(scope: Scope, plan: Plan) -> Drawn:
    """Make a draw from as much of ``scope`` as it needs.

    Raises BankTooSmall where ``plan.draw`` does so with all there is.
    """
    spare = SPARE
    while True:
        pool = _read(scope, plan, spare)
        rng = Random(scope.seed)  # noqa: S311  # a draw to be repeated by its seed, not a secret
        try:
            picks = plan.draw(pool.items, rng)
        except BankTooSmall:
            if pool.reach.is_whole:
                raise
        else:
            if pool.reach.is_whole or is_settled(picks, pool.items, pool.reach):
                return Drawn(picks, pool, rng)
        spare *= SPARE


# Two walks round the questions of a task, from a point that the seed decides: to the end, and from
# the start. What the candidate was asked before is passed over, so a walk looks at no more than
# its bound and the candidate's past. OFFSET 0 keeps Postgres from joining the whole bank first.
_READ = """
WITH past AS MATERIALIZED (
    SELECT r.question_id,
           -- Open elsewhere: drawn last of all, since its answer may be shown before this one ends.
           count(*) + 1000 * count(*) FILTER (WHERE a.closed_at IS NULL) AS seen,
           bool_or(a.closed_at IS NULL AND a.mode = ANY(%(exam_modes)s)) AS is_secret
      FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id
     WHERE a.user_id = %(user)s
     GROUP BY r.question_id),
serving AS NOT MATERIALIZED (
    SELECT task_id, id AS version_id, question_id,
           hashint8extended(question_id, 0) AS chance, question_id * -1 AS recency
      FROM questions_questionversion
     UNION ALL
    SELECT task_id, questionversion_id, question_id,
           hashint8extended(question_id, 0), question_id * -1
      FROM questions_questionversion_also),
walks AS MATERIALIZED (
    SELECT task_id, bound, turn,
           CASE turn WHEN 1 THEN start ELSE -9223372036854775808 END AS first,
           CASE turn WHEN 1 THEN 9223372036854775807 ELSE start END AS last
      FROM unnest(%(fresh)s::bigint[], %(bounds)s::int[]) AS bounds (task_id, bound)
     CROSS JOIN hashint8extended(task_id, %(seed)s::bigint) AS start
     CROSS JOIN generate_series(1, 2) AS turn),
by_chance AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY task_id ORDER BY turn, chance) AS place
      FROM walks CROSS JOIN LATERAL (
        SELECT s.chance, question.* FROM serving s {question}
         WHERE s.task_id = walks.task_id AND s.chance BETWEEN walks.first AND walks.last
           AND s.question_id NOT IN (SELECT question_id FROM past) AND {in_section}
         ORDER BY s.chance LIMIT walks.bound) found),
own AS (
    SELECT question_id, COALESCE(past.seen, 0) AS seen
      FROM ({chosen}) AS chosen LEFT JOIN past USING (question_id)
     WHERE NOT (%(is_drill)s AND COALESCE(past.is_secret, false))),
own_bound AS (
    -- Nobody is asked again while there is enough that is new.
    SELECT CASE WHEN count(*) < %(enough)s THEN %(own)s::int ELSE 0 END
      FROM by_chance WHERE place <= bound),
asked AS (
    (SELECT question_id, seen FROM own
      ORDER BY seen, hashint8extended(question_id, %(seed)s::bigint)
      LIMIT (SELECT * FROM own_bound))
     UNION
    (SELECT question_id, seen FROM own ORDER BY seen, question_id DESC
      LIMIT (SELECT * FROM own_bound) * %(tries_out)s::int))
SELECT 'chance', 0 AS seen, home, slug, question_id, version_id, task_id, enemies, created_at
  FROM by_chance WHERE place <= bound
 UNION ALL
SELECT 'newest', 0, home, slug, question_id, version_id, walks.task_id, enemies, created_at
  FROM walks CROSS JOIN LATERAL (
    SELECT question.* FROM serving s {question}
     WHERE s.task_id = walks.task_id
       AND s.question_id NOT IN (SELECT question_id FROM past) AND {in_section}
     ORDER BY s.recency LIMIT walks.bound) found
 WHERE walks.turn = 1 AND %(tries_out)s
 UNION ALL
SELECT 'asked', seen, home, slug, asked.question_id, version_id, task_id, enemies, created_at
  FROM asked LEFT JOIN LATERAL (
    SELECT s.task_id, question.*
      FROM questions_question published
      JOIN serving s ON s.version_id = published.published_id {question}
     WHERE published.id = asked.question_id AND s.task_id = ANY(%(tasks)s::bigint[])
       AND {in_section}
    OFFSET 0) found ON true
"""
_QUESTION = """
CROSS JOIN LATERAL (
    SELECT e.slug AS home, q.slug, q.id AS question_id, v.id AS version_id, v.enemies, q.created_at
      FROM questions_question q
      JOIN questions_exam e ON e.id = q.exam_id
      JOIN questions_questionversion v ON v.id = q.published_id
     WHERE q.published_id = s.version_id AND q.retired_at IS NULL
       AND v.kind = ANY(%(kinds)s::text[])
       AND (%(difficulties)s::int[] = '{}' OR v.difficulty = ANY(%(difficulties)s::int[]))
    OFFSET 0) question
"""
_IN_SECTION = """s.version_id IN (
    SELECT version_id FROM questions_versionnote WHERE section_id = %(section)s)"""


def _read(scope: Scope, plan: Plan, spare: int) -> Pool:
    """Of each task ``spare`` times its share, if there are, and as much of the past."""
    if not plan.shares:
        return Pool()
    bounds = {task: spare * (share + 1) for task, share in plan.shares.items()}
    own = 0 if scope.recipe.source is Source.UNSEEN else sum(bounds.values())
    fresh = bounds if scope.chosen is None else {}
    rows = _rows(scope, fresh, own, tries_out=plan.tries_out)
    walked = Counter(row.task_id for row in rows if row.part == "chance")
    asked = [row.seen for row in rows if row.part == "asked"]
    is_past_cut = 0 < own <= len(asked)
    reach = Reach(
        items=plan.items,
        bounds={scope.tasks[task].code: bound for task, bound in bounds.items()},
        due={scope.tasks[task].code: n for task, n in plan.shares.items() if plan.are_due},
        seen_most=max(asked) if is_past_cut else None,
        is_whole=not is_past_cut and all(walked[task] < n for task, n in fresh.items()),
    )
    return _pool(scope, rows, reach)


class _Row(NamedTuple):
    """Of _READ. Without a version: a question of the past that does not fit the scope."""

    part: str
    seen: int
    home: str
    slug: str
    question_id: int
    version_id: int | None
    task_id: int
    enemies: list[str]
    created_at: datetime


def _rows(scope: Scope, fresh: Mapping[int, int], own: int, *, tries_out: bool) -> list[_Row]:
    query = _READ.format(
        question=_QUESTION,
        chosen=scope.chosen or "SELECT question_id FROM past",
        in_section="true" if scope.section is None else _IN_SECTION,
    )
    parameters = scope.parameters | {
        "seed": scope.seed,
        "is_drill": scope.is_drill,
        "section": scope.section and scope.section.pk,
        "kinds": kinds_asked(scope.exam, scope.recipe),
        "difficulties": list(scope.recipe.difficulties),
        "tasks": list(scope.tasks),
        "fresh": list(fresh),
        "bounds": list(fresh.values()),
        "enough": max(1, sum(fresh.values())),
        "own": own,
        "tries_out": tries_out,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [_Row(*row) for row in cursor.fetchall()]


def _pool(scope: Scope, rows: Sequence[_Row], reach: Reach) -> Pool:
    found = {
        row.question_id: (
            Drawable(
                home=row.home,
                slug=row.slug,
                question_id=row.question_id,
                version_id=row.version_id,
                task_id=row.task_id,
                task=scope.tasks[row.task_id].code,
                domain=scope.tasks[row.task_id].domain,
                enemies=row.enemies,
                created_at=row.created_at,
            ),
            row.seen,
        )
        for row in rows
        if row.version_id is not None
    }
    # In an order that does not hang on how Postgres came by them.
    ordered = sorted(found.values())
    return Pool(
        questions=[question for question, _ in ordered],
        items=[_item(question, seen) for question, seen in ordered],
        reach=reach,
    )


def _item(question: Drawable, seen: int) -> PoolItem:
    return PoolItem(
        slug=question.name,
        domain=question.domain,
        task=question.task,
        seen=seen,
        enemies=question.enemy_names,
        born=question.created_at.toordinal(),
    )
