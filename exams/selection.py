"""Draws the questions of an exam form from a bank, by blueprint.

Pure: no Django, and no chance but the ``random.Random`` handed in, so that a seed rebuilds a
form.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import TypeVar

Part = TypeVar("Part", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that may be drawn. ``seen``: how often this person was asked it before.

    ``slug`` and ``enemies`` are names unique in the pool, whatever exams it comes from.
    """

    slug: str
    domain: str
    task: str
    seen: int = 0
    enemies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Blueprint:
    """How many questions of each domain a form has; weights are relative."""

    weights: Mapping[str, int]
    scored: int
    unscored: int

    @property
    def places(self) -> dict[str, int]:
        """How many questions of each domain a form has, scored or not."""
        scored, unscored = (
            apportion(self.weights, self.scored),
            apportion(self.weights, self.unscored),
        )
        return {domain: scored[domain] + unscored[domain] for domain in self.weights}


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


def draw(pool: Iterable[Candidate], blueprint: Blueprint, rng: Random) -> list[Pick]:
    """A form in the order it is asked: least-seen questions first drawn, each at most once.

    Within a domain the tasks take turns, so that a form covers them evenly; enemies never share
    a form. Scored and unscored places are shared out by blueprint separately and mixed. Raises
    BankTooSmall, naming every domain that lacks questions.
    """
    scored = apportion(blueprint.weights, blueprint.scored)
    unscored = apportion(blueprint.weights, blueprint.unscored)
    by_domain: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in pool:
        by_domain[candidate.domain].append(candidate)
    form = _Form()
    shortages = []
    picks: list[Pick] = []
    for domain in blueprint.weights:
        needed = scored[domain] + unscored[domain]
        drawn = form.add_from(by_domain[domain], needed, rng)
        if len(drawn) < needed:
            shortages.append(Shortage(domain, needed, len(drawn)))
        places = [True] * scored[domain] + [False] * unscored[domain]
        rng.shuffle(places)
        picks.extend(Pick(slug, counts) for slug, counts in zip(drawn, places, strict=False))
    if shortages:
        raise BankTooSmall(tuple(shortages))
    rng.shuffle(picks)
    return picks


def draw_up_to(limit: int, pool: Iterable[Candidate], rng: Random) -> list[Pick]:
    """As many questions as there are, ``limit`` at most, all scored; least-seen ones first."""
    drawn = _Form().add_from(list(pool), limit, rng)
    return [Pick(slug, scored=True) for slug in rng.sample(drawn, len(drawn))]


@dataclass(slots=True)
class _Form:
    """The questions chosen so far, over all domains."""

    chosen: set[str] = field(default_factory=set)
    barred: set[str] = field(default_factory=set)

    def add_from(self, candidates: list[Candidate], needed: int, rng: Random) -> list[str]:
        queues = _queues_by_task(candidates, rng)
        drawn: list[str] = []
        taken: dict[str, int] = dict.fromkeys(queues, 0)
        while len(drawn) < needed:
            for queue in queues.values():
                while queue and self._conflicts(queue[-1]):
                    queue.pop()
            waiting = [task for task, queue in queues.items() if queue]
            if not waiting:
                break
            task = min(waiting, key=lambda task: (queues[task][-1].seen, taken[task]))
            taken[task] += 1
            drawn.append(self._add(queues[task].pop()))
        return drawn

    def _conflicts(self, candidate: Candidate) -> bool:
        # Either of two enemies may be the one that names the other.
        return (
            candidate.slug in self.chosen
            or candidate.slug in self.barred
            or not self.chosen.isdisjoint(candidate.enemies)
        )

    def _add(self, candidate: Candidate) -> str:
        self.chosen.add(candidate.slug)
        self.barred |= candidate.enemies
        return candidate.slug


def _queues_by_task(candidates: list[Candidate], rng: Random) -> dict[str, list[Candidate]]:
    """Per task, in random order of tasks: a stack with the least-seen questions on top."""
    queues: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in rng.sample(candidates, len(candidates)):
        queues[candidate.task].append(candidate)
    for queue in queues.values():
        queue.sort(key=lambda candidate: -candidate.seen)
    return queues


def shuffled(option_ids: Sequence[str], rng: Random) -> list[str]:
    """The options in the order one candidate sees them."""
    return rng.sample(option_ids, len(option_ids))
