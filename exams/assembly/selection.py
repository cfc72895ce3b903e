"""Draws the questions of an exam form from a bank, by blueprint.

Pure: no Django, and no chance but the ``random.Random`` handed in, so that a seed rebuilds a
form.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import TypeVar

Part = TypeVar("Part", bound=Hashable)
TaskRecord = tuple[int, int]
"""How many were right, of how many asked."""


@dataclass(frozen=True, slots=True)
class PoolItem:
    """A question that may be drawn. ``seen``: how often this person was asked it before.

    ``slug`` and ``enemies`` are names unique in the pool, whatever exams it comes from. ``born``
    rises with the day the question came into the bank.
    """

    slug: str
    domain: str
    task: str
    seen: int = 0
    enemies: frozenset[str] = frozenset()
    born: int = 0


@dataclass(frozen=True, slots=True)
class Blueprint:
    """How many questions of each domain a form has; weights are relative."""

    weights: Mapping[str, int]
    scored: int
    unscored: int

    @property
    def counts(self) -> dict[str, int]:
        """How many questions of each domain a form has, scored or not."""
        scored, unscored = apportion(self.weights, self.scored), self.unscored_counts
        return {domain: scored[domain] + unscored[domain] for domain in self.weights}

    @property
    def unscored_counts(self) -> dict[str, int]:
        """How many of these are tried out."""
        return apportion(self.weights, self.unscored)

    def halved(self) -> Blueprint:
        """The same shares for half as many questions; half a question becomes a whole one."""
        return Blueprint(self.weights, (self.scored + 1) // 2, (self.unscored + 1) // 2)


@dataclass(frozen=True, slots=True)
class Pick:
    slug: str
    scored: bool


@dataclass(frozen=True, slots=True)
class Shortage:
    domain: str
    needed: int
    available: int

    @property
    def missing(self) -> int:
        return self.needed - self.available


# Not frozen: context managers set an exception's traceback as they pass it on.
@dataclass
class BankTooSmall(Exception):
    """The bank cannot supply the form; ``shortages`` has a row for each domain that fails."""

    shortages: tuple[Shortage, ...]

    def __str__(self) -> str:
        rows = (
            f"domain {short.domain} has {short.available} of {short.needed} questions needed "
            f"({short.missing} missing)"
            for short in self.shortages
        )
        return "The question bank is too small for this exam: " + "; ".join(rows) + "."


def apportion(weights: Mapping[Part, int], seats: int) -> dict[Part, int]:
    """Share ``seats`` out by the largest-remainder method (Hamilton's).

    Ties go to the earlier part. Source: Balinski and Young, Fair Representation, 1982.
    """
    total = sum(weights.values())
    quotas = {part: Fraction(weight * seats, total) for part, weight in weights.items()}
    shares = {part: int(quota) for part, quota in quotas.items()}
    left_over = seats - sum(shares.values())
    by_remainder = sorted(quotas, key=lambda part: shares[part] - quotas[part])
    for part in by_remainder[:left_over]:
        shares[part] += 1
    return shares


def largest_form(weights: Mapping[Part, int], available: Mapping[Part, int], most: int) -> int:
    """Of how many questions, ``most`` at most, a form by these weights can be supplied."""
    for items in range(most if weights else 0, 0, -1):
        shares = apportion(weights, items)
        if all(share <= available.get(part, 0) for part, share in shares.items()):
            return items
    return 0


def draw(pool: Iterable[PoolItem], blueprint: Blueprint, rng: Random) -> list[Pick]:
    """A form in the order it is asked: least-seen questions first drawn, each at most once.

    Within a domain the tasks take turns, so that a form covers them evenly; enemies never share
    a form. Scored and unscored places are shared out by blueprint separately and mixed; the
    unscored ones, where the real exam tries questions out, go to the newest. Raises
    BankTooSmall, naming every domain that lacks questions.
    """
    scored = apportion(blueprint.weights, blueprint.scored)
    unscored = apportion(blueprint.weights, blueprint.unscored)
    by_domain: dict[str, list[PoolItem]] = defaultdict(list)
    for item in pool:
        by_domain[item.domain].append(item)
    form = _Form()
    shortages = []
    picks: list[Pick] = []
    for domain in blueprint.weights:
        needed = scored[domain] + unscored[domain]
        pool = by_domain[domain]
        tried_out = form.add_from(pool, unscored[domain], rng, newest_first=True)
        counted = form.add_from(pool, scored[domain], rng)
        available = len(tried_out) + len(counted)
        if available < needed:
            shortages.append(Shortage(domain, needed, available))
        picks += [Pick(slug, scored=False) for slug in tried_out]
        picks += [Pick(slug, scored=True) for slug in counted]
    if shortages:
        raise BankTooSmall(tuple(shortages))
    rng.shuffle(picks)
    return picks


def draw_up_to(limit: int, pool: Iterable[PoolItem], rng: Random) -> list[Pick]:
    """As many questions as there are, ``limit`` at most, all scored; least-seen ones first."""
    drawn = _Form().add_from(list(pool), limit, rng)
    return [Pick(slug, scored=True) for slug in rng.sample(drawn, len(drawn))]


def draw_by_shares(shares: Mapping[str, int], pool: Sequence[PoolItem], rng: Random) -> list[Pick]:
    """From each task as many as its share, all scored; what one lacks the others make up for."""
    form = _Form()
    drawn: list[str] = []
    for task, share in shares.items():
        drawn += form.add_from([c for c in pool if c.task == task], share, rng)
    drawn += form.add_from(list(pool), sum(shares.values()) - len(drawn), rng)
    return [Pick(slug, scored=True) for slug in rng.sample(drawn, len(drawn))]


@dataclass(slots=True)
class _Form:
    """The questions chosen so far, over all domains."""

    chosen: set[str] = field(default_factory=set)
    barred: set[str] = field(default_factory=set)

    def add_from(
        self, pool: list[PoolItem], needed: int, rng: Random, *, newest_first: bool = False
    ) -> list[str]:
        def rank(item: PoolItem) -> tuple[int, int]:
            return (item.seen, -item.born if newest_first else 0)

        queues = _queues_by_task(pool, rng, rank)
        drawn: list[str] = []
        taken: dict[str, int] = dict.fromkeys(queues, 0)
        while len(drawn) < needed:
            for queue in queues.values():
                while queue and self._conflicts(queue[-1]):
                    queue.pop()
            waiting = [task for task, queue in queues.items() if queue]
            if not waiting:
                break
            task = min(waiting, key=lambda task: (rank(queues[task][-1]), taken[task]))
            taken[task] += 1
            drawn.append(self._add(queues[task].pop()))
        return drawn

    def _conflicts(self, item: PoolItem) -> bool:
        # Either of two enemies may be the one that names the other.
        return (
            item.slug in self.chosen
            or item.slug in self.barred
            or not self.chosen.isdisjoint(item.enemies)
        )

    def _add(self, item: PoolItem) -> str:
        self.chosen.add(item.slug)
        self.barred |= item.enemies
        return item.slug


def _queues_by_task(
    pool: list[PoolItem], rng: Random, rank: Callable[[PoolItem], tuple[int, int]]
) -> dict[str, list[PoolItem]]:
    """Per task, in random order of tasks: a stack with the lowest rank on top."""
    queues: dict[str, list[PoolItem]] = defaultdict(list)
    for item in rng.sample(pool, len(pool)):
        queues[item.task].append(item)
    for queue in queues.values():
        queue.sort(key=rank, reverse=True)
    return queues


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of a bank is in a pool from which ``items`` are to be drawn.

    ``bounds``: for each task that has more questions never seen, how many of them are in the pool,
    the first by chance and, where that counts, the first by age. ``seen_most``: what was seen more
    often is missing, and some of what was seen so often; None where none is missing. ``due``: what
    each task has to give, where that is said.
    """

    items: int = 0
    bounds: Mapping[str, int] = field(default_factory=dict)
    seen_most: int | None = None
    due: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return not self.bounds and self.seen_most is None


def is_settled(picks: Sequence[Pick], pool: Sequence[PoolItem], reach: Reach) -> bool:
    """Whether a larger pool would offer nothing that should have been picked before ``picks``.

    So it is while each task still has a question to give: what the pool lacks comes after that.
    """
    if reach.is_whole:
        return True
    chosen = {pick.slug for pick in picks}
    given = Counter(item.task for item in pool if item.slug in chosen)
    barred = frozenset[str]().union(*(item.enemies for item in pool if item.slug in chosen))
    spent = [one for one in pool if one.slug in chosen | barred or chosen & one.enemies]
    there, gone = Counter(item.task for item in pool), Counter(item.task for item in spent)
    if len(chosen) < reach.items or any(gone[task] >= n for task, n in reach.bounds.items()):
        return False
    if reach.seen_most is None:
        return True
    repeats = max((item.seen for item in spent), default=0) >= reach.seen_most
    return not any(
        gone[task] == there[task] and (repeats or given[task] < reach.due.get(task, 0))
        for task in {*there, *reach.due}
    )


def shares_of_weakness(tasks: Mapping[Part, TaskRecord], seats: int) -> dict[Part, int]:
    """Share ``seats`` out among tasks: the more was answered wrongly, the more seats.

    A task's weight is the posterior mean of its error rate under a uniform prior (Laplace's rule
    of succession: (wrong + 1) / (asked + 2)), squared so that weak tasks stand out; a task that
    was never asked weighs as one answered half rightly.
    """
    weights = {
        task: int(1000 * Fraction(asked - right + 1, asked + 2) ** 2) + 1
        for task, (right, asked) in tasks.items()
    }
    return apportion(weights, seats)


def shuffled(option_ids: Sequence[str], rng: Random) -> list[str]:
    """The options in the order one item sees them."""
    return rng.sample(option_ids, len(option_ids))
