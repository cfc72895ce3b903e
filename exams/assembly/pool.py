"""Reads from a bank of any size what a draw needs of it: the first questions of each task.

A draw takes of each task those that the candidate has seen least, equals by chance; to try out,
the newest of these. So it needs no more than the first few in these orders, which indexes hold
(ADR 13). A draw that may have needed more of them is made again, from more. Reads only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from django.db import connection

from exams.assembly.scope import Scope
from exams.assembly.selection import BankTooSmall, Pick, PoolItem, Reach, is_settled
from exams.assembly.supply import Drawable, kinds_asked
from exams.recipes import Source

SPARE = 3
"""How many times its share is read of a task: enemies drop out."""
LEAST = 20
"""How many are read of a walk at least, so that all come up about equally often.

A walk reads a question as often as the gaps before it in the ring are wide, of so many questions
as it reads, and these even out.
"""


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


Bounds = dict[int, int]
Row = tuple[str, int, Drawable | None]
"""In which part a question was read, and how often it was asked; None: it does not fit."""
Draw = Callable[[Sequence[PoolItem], Random], list[Pick]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be drawn: so many ``items``, by ``draw``, which is told of the pool.

    ``shares``: about how many questions each task gives, by its id; they are ``due`` where a task
    that was asked before rather repeats itself than leaves its share to others. ``newest``: about
    how many of the picks are to be the newest of the task, where some are.
    """

    items: int
    shares: Mapping[int, int]
    draw: Draw
    are_due: bool = False
    newest: Mapping[int, int] = field(default_factory=dict)


def draw_from(scope: Scope, plan: Plan) -> Drawn:
    """Make a draw from as much of ``scope`` as it needs.

    Raises BankTooSmall where ``plan.draw`` does so with all there is of the domains that lack.
    """
    more = 1
    while True:
        pool = _read(scope, plan, more)
        rng = Random(scope.seed)  # noqa: S311  # a draw to be repeated by its seed, not a secret
        try:
            picks = plan.draw(pool.items, rng)
        except BankTooSmall as small:
            if _is_final(small, scope, pool.reach):
                raise
        else:
            if is_settled(picks, pool.items, pool.reach):
                return Drawn(picks, pool, rng)
        more *= 4


def _is_final(small: BankTooSmall, scope: Scope, reach: Reach) -> bool:
    """Whether the domains that lack questions have no more than were read."""
    lacking = {shortage.domain for shortage in small.shortages}
    tasks = {task.code for task in scope.tasks.values() if task.domain in lacking}
    return reach.seen_most is None and tasks.isdisjoint(reach.bounds)


# The questions of a task stand in a ring, by chance. A draw walks from where the seed says to the
# end, and goes on from the start. What the candidate was asked before is passed over, so a walk
# looks at no more than its bound and the candidate's past.
_READ = """
WITH past AS MATERIALIZED (
    SELECT r.question_id,
           -- Open elsewhere: drawn last of all, since its answer may be shown before this one ends.
           count(*) + 1000 * count(*) FILTER (WHERE a.closed_at IS NULL) AS seen,
           bool_or(a.closed_at IS NULL AND a.mode = ANY(%(exam_modes)s)) AS is_secret
      FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id
     WHERE a.user_id = %(user)s
     GROUP BY r.question_id),
serving AS {kept} (
    SELECT task_id, id AS version_id, question_id, kind, difficulty,
           hashint8extended(question_id, 0) AS chance, question_id * -1 AS recency
      FROM questions_questionversion {home_kept}
     UNION ALL
    SELECT task_id, questionversion_id, question_id, kind, difficulty,
           hashint8extended(question_id, 0), question_id * -1
      FROM questions_questionversion_also {guests_kept}),
bounds AS MATERIALIZED (
    SELECT task_id, bound, newest_bound, hashint8extended(task_id, %(seed)s::bigint) AS start
      FROM unnest(%(fresh)s::bigint[], %(bounds)s::int[], %(newest_bounds)s::int[])
           AS bounds (task_id, bound, newest_bound)),
to_the_end AS MATERIALIZED ({to_the_end}),
from_the_start AS MATERIALIZED ({from_the_start}),
own AS (
    SELECT question_id, COALESCE(past.seen, 0) AS seen
      FROM ({chosen}) AS chosen LEFT JOIN past USING (question_id)
     WHERE NOT (%(is_drill)s AND COALESCE(past.is_secret, false)) {own_kept}),
own_bound AS (
    -- Nobody is asked again while there is enough that is new.
    SELECT CASE WHEN (SELECT count(*) FROM to_the_end) + (SELECT count(*) FROM from_the_start)
                     < %(enough)s THEN %(own_bound)s::int ELSE 0 END AS bound),
asked AS (
    (SELECT question_id, seen FROM own
      ORDER BY seen, hashint8extended(question_id, %(seed)s::bigint)
      LIMIT (SELECT bound FROM own_bound))
     UNION
    (SELECT question_id, seen FROM own ORDER BY seen, question_id DESC
      LIMIT (SELECT bound FROM own_bound) * %(tries_out)s::int))
SELECT part, seen, home, slug, question_id, version_id, task_id, t.code, d.code, enemies, created_at
  FROM (
    SELECT 'chance' AS part, 0 AS seen, * FROM to_the_end
     UNION ALL
    SELECT 'chance', 0, * FROM from_the_start
     UNION ALL
    SELECT 'newest', 0, * FROM ({newest}) AS newest
     UNION ALL
    -- Empty where a question does not fit: how many were read says whether these are all.
    SELECT 'asked', seen, found.* FROM asked LEFT JOIN LATERAL (
        SELECT s.task_id, question.*
          FROM questions_question published
          JOIN serving s ON s.version_id = published.published_id {question}
         WHERE published.id = asked.question_id AND s.task_id = ANY(%(tasks)s::bigint[]) AND {fits}
        OFFSET 0) found ON true) pool
  LEFT JOIN questions_task t ON t.id = pool.task_id
  LEFT JOIN questions_domain d ON d.id = t.domain_id
"""
_WALK = """
    SELECT bounds.task_id, found.* FROM bounds CROSS JOIN LATERAL (
        SELECT question.* FROM serving s {question}
         WHERE s.task_id = bounds.task_id AND {fits} AND {part}
           AND s.question_id NOT IN (SELECT question_id FROM past)
         ORDER BY {order} LIMIT {bound}) found"""
# OFFSET 0 keeps Postgres from joining the whole bank before it walks.
_QUESTION = """
CROSS JOIN LATERAL (
    SELECT e.slug AS home, q.slug, q.id AS question_id, v.id AS version_id, v.enemies, q.created_at
      FROM questions_question q
      JOIN questions_exam e ON e.id = q.exam_id
      JOIN questions_questionversion v ON v.id = q.published_id
     WHERE q.published_id = s.version_id AND q.retired_at IS NULL
    OFFSET 0) question
"""
_FITS = """s.kind = ANY(%(kinds)s::text[])
           AND (%(difficulties)s::int[] = '{}' OR s.difficulty = ANY(%(difficulties)s::int[]))"""


def _walk(order: str, bound: str, part: str = "true") -> str:
    return _WALK.format(question=_QUESTION, fits=_FITS, order=order, bound=bound, part=part)


_WALKS = {
    "to_the_end": _walk("s.chance", "bounds.bound", "s.chance >= bounds.start"),
    "from_the_start": _walk(
        "s.chance",
        "bounds.bound - (SELECT count(*) FROM to_the_end e WHERE e.task_id = bounds.task_id)",
        "s.chance < bounds.start",
    ),
    "newest": _walk("s.recency", "bounds.newest_bound"),
}
_ANYWHERE = {"kept": "NOT MATERIALIZED", "home_kept": "", "guests_kept": "", "own_kept": ""}
# A section has few of the questions: these are looked up first, and it is they that are walked.
_OF_SECTION = "IN (SELECT version_id FROM questions_versionnote WHERE section_id = %(section)s)"
_IN_SECTION = {
    "kept": "MATERIALIZED",
    "home_kept": f"WHERE id {_OF_SECTION}",
    "guests_kept": f"WHERE questionversion_id {_OF_SECTION}",
    "own_kept": "AND question_id IN (SELECT question_id FROM serving)",
}


def _read(scope: Scope, plan: Plan, more: int) -> Pool:
    """What a draw by ``plan`` should need, or ``more`` times as much."""
    if not plan.shares:
        return Pool()
    bounds, newest = (
        {task: more * SPARE * (share + 1) for task, share in shares.items()}
        for shares in (plan.shares, plan.newest)
    )
    own_bound = 0 if scope.recipe.source is Source.UNSEEN else more * sum(bounds.values())
    fresh = {t: max(more * LEAST, n) for t, n in bounds.items()} if scope.chosen is None else {}
    rows = _rows(scope, fresh, newest, own_bound)
    walked = Counter(one.task_id for part, _, one in rows if one and part == "chance")
    asked = [seen for part, seen, _ in rows if part == "asked"]
    reach = Reach(
        items=plan.items,
        bounds={
            scope.tasks[task].code: min(bound, newest.get(task, bound))
            for task, bound in fresh.items()
            if walked[task] >= bound
        },
        seen_most=max(asked) if 0 < own_bound <= len(asked) else None,
        due={scope.tasks[task].code: n for task, n in plan.shares.items() if plan.are_due},
    )
    return _pool(rows, reach)


def _rows(scope: Scope, fresh: Bounds, newest: Bounds, own_bound: int) -> list[Row]:
    query = _READ.format(
        question=_QUESTION,
        chosen=scope.chosen or "SELECT question_id FROM past",
        fits=_FITS,
        **_WALKS,
        **(_ANYWHERE if scope.section is None else _IN_SECTION),
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
        "newest_bounds": [newest.get(task, 0) for task in fresh],
        "enough": max(1, sum(fresh.values())),
        "own_bound": own_bound,
        "tries_out": bool(newest),
    }
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows = cursor.fetchall()
    return [
        (part, seen, Drawable(home, *rest) if home else None) for part, seen, home, *rest in rows
    ]


def _pool(rows: Sequence[Row], reach: Reach) -> Pool:
    found = {one.question_id: (one, seen) for _, seen, one in rows if one}
    # In an order that does not hang on how Postgres came by them.
    ordered = [found[question] for question in sorted(found)]
    items = [
        PoolItem(
            slug=one.name,
            domain=one.domain,
            task=one.task,
            seen=seen,
            enemies=one.enemy_names,
            born=one.created_at.toordinal(),
        )
        for one, seen in ordered
    ]
    return Pool([one for one, _ in ordered], items, reach)
