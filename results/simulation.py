"""Made-up candidates, on whom the chance of passing is tuned and checked. Pure: no Django.

A candidate has an ability in each domain, more or less uneven; learns from every question that is
explained, forgets between sessions, remembers questions that come again, and guesses. After some
weeks of mocks and drills they are told their chance of passing, by first answers only, and then
sit a real form: questions never seen, by the blueprint. Over many candidates, those told 70 to 80
percent should pass in about three of four cases.

The worlds differ from what ``results.readiness`` assumes, and from each other, on purpose. All
chance comes from seeds, so that every table can be made again. Constants are tuned on TUNING_SEED,
figures are reported on REPORT_SEED.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random

from exams.assembly.selection import apportion
from exams.engine.scoring import Mark, Scale, Tally, score
from questions.lint.conditional_logit import Choice, fit, probabilities
from results.readiness import (
    TUNED,
    Assumptions,
    ExamFormat,
    FirstAnswer,
    chance,
    chance_of_passing,
    chance_right,
    missing_answers,
)

TUNING_SEED = "tuning"
REPORT_SEED = "report"

FORMAT = ExamFormat(
    weights={"1": 28, "2": 26, "3": 22, "4": 24}, scored_items=50, scale=Scale(100, 1000, 720)
)
"""What the made-up candidates sit: four domains, and 35 of 50 right answers to pass."""
MOCK_ITEMS = 65
QUESTIONS_PER_DOMAIN = 70


# ---- Worlds ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class World:
    """What candidates and questions are like. Abilities and difficulties are logits.

    ``learning``: gained in its domain from one explained question, less the more was gained. 0.005
    comes to about 0.3 in a domain over a preparation: 0.4 standard deviations, as practice tests
    are found to help with questions that are new (Pan and Rickard, 2018);
    ``forgetting_days``: half-life of what was gained; ``sessions``: least and most;
    ``gap_days``: between two, on average; ``drills``: share of sessions that are short drills;
    ``recall``: chance that a question seen before is remembered; ``statistics``: share of
    questions whose difficulty is known, give or take ``statistics_sd``.
    """

    name: str
    ability_mean: float = 0.3
    ability_sd: float = 0.8
    domain_sd: float = 0.5
    item_sd: float = 1.0
    guessing: float = 0.22
    learning: float = 0.005
    forgetting_days: float = 30
    sessions: tuple[int, int] = (4, 14)
    gap_days: float = 3
    drills: float = 0.6
    recall: float = 0.7
    statistics: float = 0.6
    statistics_sd: float = 0.3


WORLDS = (
    World("typical"),
    World("uneven domains", domain_sd=1.0),
    World("learn nothing", learning=0),
    World("learn fast, forget fast", learning=0.02, forgetting_days=10, gap_days=5),
    World("drill the known", drills=0.9, recall=0.9, sessions=(8, 24)),
    World("no statistics", statistics=0),
    World("weak cohort", ability_mean=-0.2),
    World("strong cohort", ability_mean=1.0),
)


@dataclass(frozen=True, slots=True)
class Item:
    """A question of the bank; ``known_difficulty`` as statistics would have it."""

    number: int
    domain: str
    difficulty: float
    known_difficulty: float | None


# ---- A candidate's weeks -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a candidate has done when they are told their chance, and how the real form went.

    ``first``: first answers; ``asked``: right answers among all, seen questions included;
    ``last_mock``: the scored part of the last one; ``share``: of the real form's questions that
    they would get right on average on its day.
    """

    first: tuple[FirstAnswer, ...]
    asked: Tally
    last_mock: Tally
    share: float
    passed: bool


@dataclass
class _Life:
    """One candidate while they prepare."""

    world: World
    random: Random
    bank: Sequence[Item]
    talent: Mapping[str, float]
    gained: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    seen: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    missed: set[int] = field(default_factory=set)
    first: list[tuple[Item, bool, float]] = field(default_factory=list)
    right: int = 0
    asked: int = 0
    day: float = 0

    def ability(self, domain: str) -> float:
        return self.talent[domain] + self.gained[domain]

    def wait(self, days: float) -> None:
        self.day += days
        for domain in self.gained:
            self.gained[domain] *= math.exp2(-days / self.world.forgetting_days)

    def answer(self, item: Item) -> bool:
        """Answer a question and read its explanation."""
        knows = self.seen[item.number] > 0 and self.random.random() < self.world.recall
        right = knows or _is_right(self, item)
        if not self.seen[item.number]:
            self.first.append((item, right, self.day))
        self.seen[item.number] += 1
        self.right += right
        self.asked += 1
        (self.missed.discard if right else self.missed.add)(item.number)
        self.gained[item.domain] += self.world.learning / (1 + self.gained[item.domain])
        return right


def _is_right(life: _Life, item: Item) -> bool:
    ability = life.ability(item.domain)
    return life.random.random() < chance_right(ability, item.difficulty, life.world.guessing)


def prepare(world: World, seed: str) -> Preparation:
    """One candidate's weeks, and the real form a few days after."""
    random = Random(seed)  # noqa: S311  # to be made again from the seed, no secret
    life = _begin(world, random)
    last_mock = _mock(life)
    for _ in range(random.randint(*world.sessions) - 1):
        life.wait(random.expovariate(1 / world.gap_days))
        if random.random() < world.drills:
            _drill(life)
        else:
            last_mock = _mock(life)
    told_on = life.day
    life.wait(random.uniform(0, 5))
    return Preparation(
        first=tuple(_first_answers(life, told_on)),
        asked=Tally(life.right, life.asked),
        last_mock=last_mock,
        share=_real_share(life),
        passed=_sit_real_form(life),
    )


def _begin(world: World, random: Random) -> _Life:
    overall = random.gauss(world.ability_mean, world.ability_sd)
    return _Life(
        world=world,
        random=random,
        bank=list(_bank(world, random)),
        talent={domain: random.gauss(overall, world.domain_sd) for domain in FORMAT.weights},
    )


def _bank(world: World, random: Random) -> Iterator[Item]:
    for index in range(QUESTIONS_PER_DOMAIN * len(FORMAT.weights)):
        difficulty = random.gauss(0, world.item_sd)
        known = difficulty + random.gauss(0, world.statistics_sd)
        has_statistics = random.random() < world.statistics
        domain = list(FORMAT.weights)[index % len(FORMAT.weights)]
        yield Item(index, domain, difficulty, known if has_statistics else None)


def _mock(life: _Life) -> Tally:
    """A mock by the blueprint, the least seen questions first; what its scored part came to."""
    marks = []
    counts, scored = apportion(FORMAT.weights, MOCK_ITEMS), FORMAT.items_by_domain
    for domain, items in counts.items():
        drawn = _least_seen(life, [item for item in life.bank if item.domain == domain], items)
        rights = [life.answer(item) for item in drawn]
        marks += rights[: scored[domain]]
    return Tally(sum(marks), len(marks))


def _drill(life: _Life) -> None:
    """A short one: what was missed before, or the domain that went worst so far."""
    items = life.random.randint(8, 20)
    again = [item for item in life.bank if item.number in life.missed]
    if len(again) >= items and life.random.random() < 0.5:
        drawn = life.random.sample(again, items)
    else:
        weak = _weakest(life)
        drawn = _least_seen(life, [item for item in life.bank if item.domain == weak], items)
    for item in drawn:
        life.answer(item)


def _least_seen(life: _Life, items: Sequence[Item], count: int) -> list[Item]:
    mixed = life.random.sample(items, len(items))
    return sorted(mixed, key=lambda item: life.seen[item.number])[:count]


def _weakest(life: _Life) -> str:
    results: dict[str, list[bool]] = defaultdict(list)
    for item, right, _ in life.first:
        results[item.domain].append(right)
    return min(results, key=lambda domain: sum(results[domain]) / len(results[domain]))


def _first_answers(life: _Life, told_on: float) -> Iterator[FirstAnswer]:
    for item, right, day in life.first:
        task = f"{item.domain}.{item.number % 3}"
        age = told_on - day
        yield FirstAnswer(item.number, item.domain, task, right, age, item.known_difficulty)


def _sit_real_form(life: _Life) -> bool:
    marks = [
        Mark(domain, scored=True, correct=_is_right(life, _new_item(life, domain)))
        for domain, items in FORMAT.items_by_domain.items()
        for _ in range(items)
    ]
    return score(marks, FORMAT.scale).passed


def _new_item(life: _Life, domain: str) -> Item:
    return Item(-1, domain, life.random.gauss(0, life.world.item_sd), None)


def _real_share(life: _Life) -> float:
    """What share of the real form's questions the candidate gets right on average."""
    world = life.world
    spread = [step / 4 for step in range(-12, 13)]
    weights = [math.exp(-(step**2) / 2) for step in spread]
    total = 0.0
    for domain, items in FORMAT.items_by_domain.items():
        chances = [
            chance_right(life.ability(domain), step * world.item_sd, world.guessing)
            for step in spread
        ]
        total += items * sum(w * c for w, c in zip(weights, chances, strict=True)) / sum(weights)
    return total / FORMAT.scored_items


def prepare_many(worlds: Iterable[World], candidates: int, seed: str) -> list[Preparation]:
    """``candidates`` of each world, of those with enough answers to be told anything."""
    made = (
        prepare(world, f"{seed} {world.name} {number}")
        for world in worlds
        for number in range(candidates)
    )
    return [candidate for candidate in made if not missing_answers(candidate.first, FORMAT)]


# ---- Calibration -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """A chance that somebody was told, 0 to 1, and whether they passed."""

    chance: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Everybody who was told a chance from ``low`` to under ``high``.

    ``mean``: of what they were told; ``passed``: the share who did, with the 95 % interval of
    Wilson's score (1927), which stays between 0 and 1.
    """

    low: float
    high: float
    people: int
    mean: float
    passed: float
    passed_low: float
    passed_high: float


def tell(candidates: Iterable[Preparation], assumptions: Assumptions = TUNED) -> list[Told]:
    """What each candidate is told, and what became of it."""
    return [
        Told(chance(candidate.first, FORMAT, assumptions), candidate.passed)
        for candidate in candidates
    ]


def calibration(told: Iterable[Told], bins: int = 10) -> list[Bin]:
    """By what people were told; empty bins are left out."""
    groups: dict[int, list[Told]] = defaultdict(list)
    for one in told:
        groups[min(int(one.chance * bins), bins - 1)].append(one)
    return [_bin(place / bins, (place + 1) / bins, groups[place]) for place in sorted(groups)]


def _bin(low: float, high: float, told: Sequence[Told]) -> Bin:
    people = len(told)
    passed = sum(one.passed for one in told)
    mean = sum(one.chance for one in told) / people
    return Bin(low, high, people, mean, passed / people, *wilson(passed, people))


def wilson(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share; ``z``: how many standard deviations to each side."""
    share = successes / trials
    middle = share + z * z / (2 * trials)
    reach = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max((middle - reach) / scale, 0.0), min((middle + reach) / scale, 1.0)


def miscalibration(bins: Sequence[Bin]) -> float:
    """How far the shares who passed lie from what was told, on average over people (0 to 1)."""
    people = sum(one.people for one in bins)
    return sum(one.people * abs(one.passed - one.mean) for one in bins) / people


def brier(told: Sequence[Told]) -> float:
    """Brier's score (1950): the mean squared distance of chances from outcomes; 0 is best."""
    return sum((one.chance - one.passed) ** 2 for one in told) / len(told)


# ---- Baselines ---------------------------------------------------------------------------------


def last_mock_share(candidate: Preparation) -> float:
    """What a candidate sees as their last mock's score."""
    return float(candidate.last_mock.share)


def raw_share(candidate: Preparation) -> float:
    """Right answers among all, seen questions included."""
    return float(candidate.asked.share)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A chance read off one figure by a logistic curve that was fitted to outcomes."""

    intercept: float
    slope: float

    @classmethod
    def fitted(cls, figures: Iterable[float], passed: Iterable[bool]) -> Baseline:
        """The best curve there is for these candidates: a baseline gets every advantage."""
        choices = [
            Choice([[1.0, figure], [0.0, 0.0]], chosen=0 if won else 1)
            for figure, won in zip(figures, passed, strict=True)
        ]
        return cls(*fit(choices, ridge=1e-3))

    def chance(self, figure: float) -> float:
        weights = [self.intercept, self.slope]
        return probabilities([[1.0, figure], [0.0, 0.0]], weights)[0]


BASELINES = {"last mock's score": last_mock_share, "raw share right": raw_share}


def brier_of_baselines(
    candidates: Sequence[Preparation], tuning: Sequence[Preparation]
) -> dict[str, float]:
    """Of the baselines (fitted on ``tuning``), and of two that nothing sensible lies beyond."""
    outcomes = [candidate.passed for candidate in candidates]
    rate = sum(outcomes) / len(outcomes)
    return {
        **{name: _baseline_brier(candidates, tuning, name) for name in BASELINES},
        "everybody the pass rate": brier([Told(rate, passed) for passed in outcomes]),
        "abilities known exactly": brier([_known_exactly(one) for one in candidates]),
    }


def _baseline_brier(
    candidates: Iterable[Preparation], tuning: Sequence[Preparation], name: str
) -> float:
    figure = BASELINES[name]
    baseline = Baseline.fitted(map(figure, tuning), [one.passed for one in tuning])
    return brier([Told(baseline.chance(figure(one)), one.passed) for one in candidates])


def _known_exactly(candidate: Preparation) -> Told:
    passing = chance_of_passing(candidate.share, FORMAT.scored_items, FORMAT.needed)
    return Told(passing, candidate.passed)


# ---- Tuning ------------------------------------------------------------------------------------

ALTERNATIVES: Mapping[str, Sequence[float]] = {
    "half_life_days": (7, 14, 21, 30, 45, 90, 1000),
    "overall_mean": (0.2, 0.4, 0.6, 0.8, 1.0),
    "overall_sd": (0.6, 0.9, 1.2, 1.5),
    "domain_sd": (0.25, 0.35, 0.5, 0.7, 1.0),
    "item_sd": (0.0, 0.6, 0.9, 1.2),
    "guessing": (0.0, 0.1, 0.2, 0.25),
}


def tuning_table(candidates: Sequence[Preparation]) -> Iterator[tuple[str, float, float, float]]:
    """Constant, value, Brier's score and miscalibration, with all other constants as they are."""
    for name, values in ALTERNATIVES.items():
        for value in values:
            told = tell(candidates, partial(replace, TUNED)(**{name: value}))
            yield name, value, brier(told), miscalibration(calibration(told))
