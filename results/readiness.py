"""How likely a candidate is to pass the real format, from first answers only. Pure: no Django.

The model, in logits (log odds of a right answer to a question of average difficulty):

- the candidate's overall ability comes from a normal distribution, and the ability in each domain
  from one around it: domains with few answers borrow from the others (partial pooling; Gelman et
  al., Bayesian Data Analysis, 3rd ed., chapter 5);
- an answer is right with the chance ``g + (1 - g) / (1 + exp(difficulty - ability))``: Rasch's
  model over a floor for guessing. Where no statistics exist, the difficulty is averaged over the
  spread of the bank;
- an answer counts ``2 ** (-age / half-life)`` of a fresh one: its likelihood is raised to that
  power (the power prior of Ibrahim and Chen, 2000);
- the form that will be sat has the blueprint's number of scored questions of each domain. The
  chance of passing is the chance of enough right ones among them, averaged over what the answers
  leave open about the abilities.

All integrals are sums over fixed grids, with no random draws: the same answers always give the
same figure. Every step keeps the order of abilities, so that a right answer never lowers it.
Constants were tuned, and the whole was calibrated, by ``results.simulation``
(``manage.py calibrate_readiness``; docs/adr/0016-readiness-is-a-checked-probability.md).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

from exams.assembly.selection import apportion
from exams.engine.scoring import Mark, Scale, score

HALF_LIFE_DAYS = 30.0
"""After so many days an answer says half as much as a fresh one."""
ENOUGH_ANSWERS = 40
"""Fresh answers below which nothing is said, shared out over the domains by their weights."""
INTERVAL = 0.8
"""The chance that an interval holds what it is about."""
STATISTICS_FROM = 20
"""First answers of others from which a question's difficulty is taken into account."""

Vector = Sequence[float]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is assumed of candidates and questions before any answer; logits, except as named.

    ``overall_mean``, ``overall_sd``: ability over all candidates; ``domain_sd``: how far one
    candidate's domains lie apart; ``item_sd``: how far the difficulties of questions do;
    ``guessing``: the chance of a right answer by somebody who knows nothing (0 to 1);
    ``half_life_days``: as HALF_LIFE_DAYS.
    """

    overall_mean: float = 0.6
    overall_sd: float = 0.9
    domain_sd: float = 0.5
    item_sd: float = 0.9
    guessing: float = 0.2
    half_life_days: float = HALF_LIFE_DAYS


TUNED = Assumptions()


# ---- What goes in ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """A candidate's answer to a question never marked for them before.

    ``question``: its identity, once in a set of evidence; ``age_days``: since it was given, not
    negative; ``difficulty``: logits above the bank's average question (``difficulty_of``), None
    where no statistics exist.
    """

    question: int
    domain: str
    task: str
    right: bool
    age_days: float
    difficulty: float | None = None


@dataclass(frozen=True, slots=True)
class ExamFormat:
    """The real exam. ``weights``: shares by domain, relative; ``tasks``: codes of all its tasks."""

    weights: Mapping[str, int]
    scored_items: int
    scale: Scale
    tasks: frozenset[str] = frozenset()

    @property
    def items_by_domain(self) -> dict[str, int]:
        """How many scored questions of each domain a form has."""
        return apportion(self.weights, self.scored_items)

    @property
    def needed(self) -> int:
        """How many right answers pass."""
        return right_answers_needed(self.scored_items, self.scale)


@lru_cache(maxsize=64)
def right_answers_needed(items: int, scale: Scale) -> int:
    """The fewest right answers out of ``items`` scored ones that reach the pass mark."""
    return next(
        right
        for right in range(items + 1)
        if score((Mark("", scored=True, correct=n < right) for n in range(items)), scale).passed
    )


def difficulty_of(right: int, asked: int, *, average: float) -> float | None:
    """A question's difficulty in logits, from others' first answers; None below STATISTICS_FROM.

    ``average``: the share of right first answers over the whole bank, between 0 and 1. One half of
    a right and of a wrong answer are added, so that nobody and everybody right stay finite
    (Haldane's correction).
    """
    if asked < STATISTICS_FROM:
        return None
    odds = (right + 0.5) / (asked - right + 0.5)
    return math.log(average / (1 - average)) - math.log(odds)


# ---- What comes out ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """A figure and its interval; ``low`` <= ``value`` <= ``high``."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the answers say of the candidate today.

    ``chance``: of passing, 0 to 1; ``score``: the average scaled score of many such forms;
    ``domains``: the expected share of right answers, 0 to 1, by domain. Each interval holds what
    the answers leave open about the candidate; the luck of a single form is in the chance itself,
    not in the interval of the score.
    """

    chance: Span
    score: Span
    domains: Mapping[str, Span]


@dataclass(frozen=True, slots=True)
class Missing:
    """How many more answers a domain needs before anything is said."""

    domain: str
    answers: int


@dataclass(frozen=True, slots=True)
class Basis:
    """What a figure rests on: ``answers`` first answers in ``tasks_answered`` of ``tasks`` tasks.

    ``oldest_days`` and ``newest_days``: the ages of the first and the last; 0 without any.
    """

    answers: int
    tasks_answered: int
    tasks: int
    oldest_days: float
    newest_days: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """``estimate`` is None exactly when there are ``missing`` answers."""

    basis: Basis
    missing: tuple[Missing, ...]
    estimate: Estimate | None


def readiness(
    answers: Iterable[FirstAnswer], exam: ExamFormat, assumptions: Assumptions = TUNED
) -> Readiness:
    """Whether the candidate would pass ``exam`` today, as far as ``answers`` tell.

    Answers in domains that the exam does not have are left out.
    """
    known = [answer for answer in answers if answer.domain in exam.weights]
    missing = missing_answers(known, exam, assumptions)
    return Readiness(
        basis=_basis(known, exam),
        missing=missing,
        estimate=None if missing else estimate(known, exam, assumptions),
    )


def missing_answers(
    answers: Iterable[FirstAnswer], exam: ExamFormat, assumptions: Assumptions = TUNED
) -> tuple[Missing, ...]:
    """The domains that lack fresh answers; older ones count less here too."""
    weights: dict[str, list[float]] = defaultdict(list)
    for answer in answers:
        weights[answer.domain].append(_weight(answer, assumptions))
    floors = apportion(exam.weights, ENOUGH_ANSWERS)
    shortfalls = {domain: floor - math.fsum(weights[domain]) for domain, floor in floors.items()}
    return tuple(
        Missing(domain, math.ceil(short)) for domain, short in shortfalls.items() if short > 1e-9
    )


def _basis(answers: Sequence[FirstAnswer], exam: ExamFormat) -> Basis:
    ages = [answer.age_days for answer in answers]
    return Basis(
        answers=len(answers),
        tasks_answered=len({answer.task for answer in answers}),
        tasks=len(exam.tasks),
        oldest_days=max(ages, default=0.0),
        newest_days=min(ages, default=0.0),
    )


def _weight(answer: FirstAnswer, assumptions: Assumptions) -> float:
    return math.exp2(-answer.age_days / assumptions.half_life_days)


# ---- The model ---------------------------------------------------------------------------------


def estimate(
    answers: Iterable[FirstAnswer], exam: ExamFormat, assumptions: Assumptions = TUNED
) -> Estimate:
    """The figures, however little they rest on; ``readiness`` shows them only from a floor on.

    ``answers`` must be of the exam's domains (KeyError).
    """
    model = _model(assumptions)
    domains = _domain_posteriors(model, answers, exam)
    overall = _overall(model, domains.values())
    expected = _expected_share(model, domains, overall, exam)
    return Estimate(
        chance=_chance_span(_chance(domains, overall, exam), expected, exam),
        score=_scaled(expected, exam),
        domains={name: _share(model, domain, overall) for name, domain in domains.items()},
    )


def chance(
    answers: Iterable[FirstAnswer], exam: ExamFormat, assumptions: Assumptions = TUNED
) -> float:
    """The chance of passing alone, without its interval: half the work of ``estimate``."""
    model = _model(assumptions)
    domains = _domain_posteriors(model, answers, exam)
    return _chance(domains, _overall(model, domains.values()), exam)


@dataclass(frozen=True, slots=True)
class _Model:
    """Tables that depend on the assumptions alone.

    ``abilities``, ``overall``: the grids; ``prior``: of each overall ability; ``within[m][a]``:
    of ability ``a`` in a domain when the overall one is ``m``; ``right[a]``: the chance of a right
    answer to a question of unknown difficulty.
    """

    assumptions: Assumptions
    abilities: Vector
    overall: Vector
    prior: Vector
    within: Sequence[Vector]
    right: Vector


ABILITIES = tuple(step / 5 for step in range(-20, 26))  # -4 to 5
OVERALL = tuple(step * 0.35 for step in range(-8, 12))  # -2.8 to 3.85
NEGLIGIBLE = 1e-9


@lru_cache(maxsize=16)
def _model(assumptions: Assumptions) -> _Model:
    within = [
        _normalized([_bell(ability, overall, assumptions.domain_sd) for ability in ABILITIES])
        for overall in OVERALL
    ]
    prior = [_bell(m, assumptions.overall_mean, assumptions.overall_sd) for m in OVERALL]
    return _Model(
        assumptions=assumptions,
        abilities=ABILITIES,
        overall=OVERALL,
        prior=_normalized(prior),
        within=within,
        right=[_right_on_average(ability, assumptions) for ability in ABILITIES],
    )


def _bell(x: float, mean: float, sd: float) -> float:
    return math.exp(-(((x - mean) / sd) ** 2) / 2)


def _normalized(weights: Vector) -> list[float]:
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def chance_right(ability: float, difficulty: float, guessing: float) -> float:
    """Of a right answer; logits in, 0 to 1 out."""
    return guessing + (1 - guessing) / (1 + math.exp(difficulty - ability))


def _right_on_average(ability: float, assumptions: Assumptions) -> float:
    steps = [step / 4 for step in range(-12, 13)]  # standard deviations
    weights = _normalized([_bell(step, 0, 1) for step in steps])
    return math.fsum(
        weight * chance_right(ability, step * assumptions.item_sd, assumptions.guessing)
        for step, weight in zip(steps, weights, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Domain:
    """What a domain's answers say, for each overall ability on the grid.

    ``evidence[m]``: how well the answers fit, up to a factor; ``ability[m][a]``: the distribution
    of the domain's ability; ``counts[m][k]``: the chance of ``k`` right answers in the real form.
    """

    evidence: Vector
    ability: Sequence[Vector]
    counts: Sequence[Vector]


def _domain_posteriors(
    model: _Model, answers: Iterable[FirstAnswer], exam: ExamFormat
) -> dict[str, _Domain]:
    by_domain: dict[str, list[FirstAnswer]] = {domain: [] for domain in exam.weights}
    for answer in answers:
        by_domain[answer.domain].append(answer)
    items = exam.items_by_domain
    return {
        domain: _domain(model.assumptions, _likelihood(model, found), items[domain])
        for domain, found in by_domain.items()
    }


def _likelihood(model: _Model, answers: Iterable[FirstAnswer]) -> tuple[float, ...]:
    """Of the answers at each ability, the largest being 1. Their order does not matter: fsum."""
    weights: dict[tuple[float | None, bool], list[float]] = defaultdict(list)
    for answer in answers:
        weight = _weight(answer, model.assumptions)
        weights[answer.difficulty, answer.right].append(weight)
    terms: list[list[float]] = [[] for _ in model.abilities]
    for (difficulty, right), found in weights.items():
        weight = math.fsum(found)
        for place, chance in enumerate(_curve(model, difficulty, right=right)):
            terms[place].append(weight * math.log(chance))
    logs = [math.fsum(some) for some in terms]
    highest = max(logs)
    return tuple(math.exp(value - highest) for value in logs)


def _curve(model: _Model, difficulty: float | None, *, right: bool) -> Vector:
    """The chance of a right or of a wrong answer at each ability."""
    if difficulty is None:
        return model.right if right else [1 - chance for chance in model.right]
    guessing = model.assumptions.guessing
    rights = [chance_right(ability, difficulty, guessing) for ability in model.abilities]
    return rights if right else [1 - chance for chance in rights]


# What changed is found by many figures that differ in one domain each.
@lru_cache(maxsize=128)
def _domain(assumptions: Assumptions, likelihood: tuple[float, ...], items: int) -> _Domain:
    model = _model(assumptions)
    counts_at = list(zip(*_counts_at(assumptions, items), strict=True))
    joint = [
        [weight * fit for weight, fit in zip(row, likelihood, strict=True)] for row in model.within
    ]
    ability = [_normalized(row) for row in joint]
    return _Domain(
        evidence=[math.fsum(row) for row in joint],
        ability=ability,
        counts=[[_dot(row, column) for column in counts_at] for row in ability],
    )


@lru_cache(maxsize=128)
def _counts_at(assumptions: Assumptions, items: int) -> list[list[float]]:
    """The chance of each number of right answers out of ``items``, by ability."""
    return [_binomial(items, chance) for chance in _model(assumptions).right]


def _binomial(items: int, chance: float) -> list[float]:
    return [
        math.comb(items, right) * chance**right * (1 - chance) ** (items - right)
        for right in range(items + 1)
    ]


def _dot(left: Vector, right: Vector) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _overall(model: _Model, domains: Iterable[_Domain]) -> list[float]:
    """The distribution of the overall ability after all answers."""
    fits = zip(model.prior, *(domain.evidence for domain in domains), strict=True)
    return _normalized([math.prod(fit) for fit in fits])


def _mixed(rows: Iterable[Vector], weights: Vector) -> list[float]:
    columns = zip(*rows, strict=True)
    return [_dot(column, weights) for column in columns]


def _convolved(left: Vector, right: Vector) -> list[float]:
    """The distribution of the sum of two independent numbers, each from 0."""
    total = [0.0] * (len(left) + len(right) - 1)
    for shift, weight in enumerate(left):
        if weight:
            for place, other in enumerate(right, start=shift):
                total[place] += weight * other
    return total


def _sum_of(parts: Iterable[Sequence[Vector]], overall: Vector) -> list[float]:
    """The distribution of the sum over the domains; ``parts[d][m]`` is one domain's part.

    Domains are independent once the overall ability is known. Overall abilities that the answers
    rule out are passed over: that is half of the time.
    """
    sums, weights = [], []
    for weight, *rows in zip(overall, *parts, strict=True):
        if weight > NEGLIGIBLE:
            sums.append(reduce(_convolved, rows))
            weights.append(weight)
    return _mixed(sums, _normalized(weights))


# ---- Figures -----------------------------------------------------------------------------------

BINS = 100
"""How finely the expected share of right answers over the whole form is told apart."""


def _expected_share(
    model: _Model, domains: Mapping[str, _Domain], overall: Vector, exam: ExamFormat
) -> list[float]:
    """The distribution of the share of the form that would be right on average, in BINS steps."""
    parts = []
    for name, domain in domains.items():
        most = BINS * exam.items_by_domain[name] / exam.scored_items
        places = [most * chance for chance in model.right]
        parts.append([_binned(places, row, math.ceil(most)) for row in domain.ability])
    return _sum_of(parts, overall)


def _binned(places: Vector, weights: Vector, last: int) -> list[float]:
    """``weights`` shared out to the bins on both sides of their places, so that the mean stays."""
    bins = [0.0] * (last + 2)
    for exact, weight in zip(places, weights, strict=True):
        place = int(exact)
        bins[place] += weight * (1 - exact + place)
        bins[place + 1] += weight * (exact - place)
    return bins[: last + 1]


def _chance(domains: Mapping[str, _Domain], overall: Vector, exam: ExamFormat) -> float:
    counts = _sum_of([domain.counts for domain in domains.values()], overall)
    return min(math.fsum(counts[exam.needed :]), 1.0)


def _chance_span(passing: float, expected: Vector, exam: ExamFormat) -> Span:
    low, high = (
        chance_of_passing(min(place / BINS, 1.0), exam.scored_items, exam.needed)
        for place in _middle(expected)
    )
    return Span(passing, min(low, passing), max(high, passing))


def chance_of_passing(share: float, items: int, needed: int) -> float:
    """Of at least ``needed`` right out of ``items``, where ``share`` (0 to 1) are on average."""
    return min(math.fsum(_binomial(items, share)[needed:]), 1.0)


def _scaled(expected: Vector, exam: ExamFormat) -> Span:
    mean = math.fsum(place * weight for place, weight in enumerate(expected))
    low, high = _middle(expected)
    scale = exam.scale
    value, lowest, highest = (
        scale.minimum + (scale.maximum - scale.minimum) * min(place / BINS, 1.0)
        for place in (mean, min(low, mean), max(high, mean))
    )
    return Span(value, lowest, highest)


def _share(model: _Model, domain: _Domain, overall: Vector) -> Span:
    ability = _mixed(domain.ability, overall)
    low, high = (_between(model.right, place) for place in _middle(ability))
    share = _dot(ability, model.right)
    return Span(share, min(low, share), max(high, share))


def _middle(weights: Vector) -> tuple[float, float]:
    """Between which places INTERVAL of a distribution lies, the rest alike on both sides."""
    tail = (1 - INTERVAL) / 2
    return _quantile(weights, tail), _quantile(weights, 1 - tail)


def _quantile(weights: Vector, share: float) -> float:
    """The place up to which ``share`` of a distribution lies; each reaches half a place around."""
    below = 0.0
    for place, weight in enumerate(weights):
        if weight and below + weight >= share:
            found = place - 0.5 + (share - below) / weight
            return min(max(found, 0.0), len(weights) - 1.0)
        below += weight
    return len(weights) - 1.0


def _between(values: Vector, place: float) -> float:
    """The value at a place that may lie between two."""
    below = min(int(place), len(values) - 2)
    return values[below] + (values[below + 1] - values[below]) * (place - below)
