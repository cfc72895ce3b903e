"""The chance of passing: figures worked out by hand, or by brute force over a finer grid."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import count

import pytest

from exams.engine.scoring import Scale
from results.readiness import (
    ENOUGH_ANSWERS,
    HALF_LIFE_DAYS,
    TUNED,
    Basis,
    ExamFormat,
    FirstAnswer,
    Missing,
    chance,
    chance_of_passing,
    chance_right,
    difficulty_of,
    estimate,
    readiness,
    right_answers_needed,
)
from results.readiness_changes import Change, what_changed

REAL = ExamFormat(
    weights={"1": 28, "2": 26, "3": 22, "4": 24},
    scored_items=50,
    scale=Scale(100, 1000, 720),
    tasks=frozenset(f"{domain}.{task}" for domain in "1234" for task in "123"),
)
_numbers = count(1)


def answers(
    right: int, wrong: int, *, domain: str = "1", age: float = 0, difficulty: float | None = None
) -> list[FirstAnswer]:
    return [
        FirstAnswer(next(_numbers), domain, f"{domain}.1", n < right, age, difficulty)
        for n in range(right + wrong)
    ]


def everywhere(right: int, wrong: int, *, age: float = 0) -> list[FirstAnswer]:
    """As many in each of the four domains."""
    return [answer for domain in "1234" for answer in answers(right, wrong, domain=domain, age=age)]


# ---- What passes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "scale", "needed"),
    [
        # 100 + 900 * 34/50 = 712; 35/50 gives 730.
        (50, Scale(100, 1000, 720), 35),
        # 100 + 900 * 17/25 = 712; 18/25 gives 748.
        (25, Scale(100, 1000, 720), 18),
        (10, Scale(0, 100, 70), 7),
        # 2/3 of 100 is 66.7, rounded down.
        (3, Scale(0, 100, 67), 3),
        (3, Scale(0, 100, 66), 2),
        (1, Scale(0, 100, 1), 1),
    ],
)
def test_as_many_right_answers_are_needed_as_scoring_asks(
    items: int, scale: Scale, needed: int
) -> None:
    assert right_answers_needed(items, scale) == needed


@pytest.mark.parametrize(
    ("share", "items", "needed", "passing"),
    [
        (0.5, 2, 1, 0.75),  # two coins, one head: 1 - 1/4
        (0.5, 2, 2, 0.25),
        (0.25, 2, 1, 0.4375),  # 1 - (3/4)^2
        (0, 2, 1, 0),
        (1, 2, 2, 1),
        (0.5, 3, 2, 0.5),
        (0.7, 50, 35, 0.5692),
    ],
)
def test_the_chance_of_enough_right_answers_is_binomial(
    share: float, items: int, needed: int, passing: float
) -> None:
    assert chance_of_passing(share, items, needed) == pytest.approx(passing, abs=5e-5)


# ---- Difficulty --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "asked", "average", "difficulty"),
    [
        (10, 20, 0.5, 0),
        (20, 20, 0.5, -math.log(41)),  # odds of 20.5 to 0.5
        (0, 20, 0.5, math.log(41)),
        (10, 20, 0.8, math.log(4)),  # as even as a coin, where the bank's odds are 4 to 1
        (15, 19, 0.5, None),
        (0, 0, 0.5, None),
    ],
)
def test_the_difficulty_is_how_far_the_odds_lie_below_the_average(
    right: int, asked: int, average: float, difficulty: float | None
) -> None:
    assert difficulty_of(right, asked, average=average) == pytest.approx(difficulty)


def test_a_right_answer_has_the_chance_of_a_guess_and_half_of_the_rest() -> None:
    assert chance_right(0.7, 0.7, 0.2) == pytest.approx(0.6)
    assert chance_right(-30, 0, 0.2) == pytest.approx(0.2)
    assert chance_right(30, 0, 0.2) == pytest.approx(1)


# ---- Enough evidence ---------------------------------------------------------------------------


def test_without_answers_every_domain_lacks_its_share() -> None:
    nothing = readiness([], REAL)
    assert nothing.estimate is None
    # Largest remainders of 40 at 28, 26, 22, 24: 11.2, 10.4, 8.8, 9.6.
    assert nothing.missing == (
        *(Missing("1", 11), Missing("2", 10), Missing("3", 9), Missing("4", 10)),
    )
    assert sum(short.answers for short in nothing.missing) == ENOUGH_ANSWERS
    assert nothing.basis == Basis(0, 0, 12, 0, 0)


def test_what_is_missing_is_counted_in_the_domains_that_lack_it() -> None:
    some = answers(30, 30, domain="1") + answers(4, 4, domain="2") + answers(9, 0, domain="3")
    assert readiness([*some, *answers(5, 5, domain="4")], REAL).missing == (Missing("2", 2),)


def test_old_answers_are_half_an_answer_each() -> None:
    old = everywhere(6, 5, age=HALF_LIFE_DAYS)
    # 11 answers count 5.5 in each domain, where 11, 10, 9 and 10 are asked: 5.5, 4.5, 3.5, 4.5.
    assert [short.answers for short in readiness(old, REAL).missing] == [6, 5, 4, 5]


def test_with_enough_answers_there_is_an_estimate_and_what_it_rests_on() -> None:
    found = readiness([*everywhere(6, 5), *answers(1, 0, age=8)], REAL)
    assert found.missing == ()
    assert found.estimate is not None
    assert found.basis == Basis(45, 4, 12, oldest_days=8, newest_days=0)


def test_answers_of_domains_that_the_exam_has_not_are_left_out() -> None:
    known = everywhere(6, 5)
    assert readiness([*known, *answers(9, 0, domain="99")], REAL) == readiness(known, REAL)


# ---- The figure --------------------------------------------------------------------------------


def test_much_evidence_leaves_only_the_luck_of_one_form() -> None:
    """Of 50 questions at 70 % each, 35 or more are right with a chance of 0.569 (binomial)."""
    found = estimate(everywhere(1400, 600), REAL)
    assert found.chance.value == pytest.approx(0.569, abs=0.02)
    assert found.score.value == pytest.approx(100 + 900 * 0.7, abs=3)
    assert all(share.value == pytest.approx(0.7, abs=0.005) for share in found.domains.values())


def test_two_answers_of_one_half_life_are_worth_one_fresh_answer() -> None:
    fresh = everywhere(3, 2)
    aged = everywhere(6, 4, age=HALF_LIFE_DAYS)
    assert chance(aged, REAL) == pytest.approx(chance(fresh, REAL), abs=1e-12)


def test_a_domain_without_answers_borrows_from_the_others() -> None:
    elsewhere = [a for domain in "234" for a in answers(18, 2, domain=domain)]
    nothing, borrowed = estimate([], REAL).domains["1"], estimate(elsewhere, REAL).domains["1"]
    own = estimate([*elsewhere, *answers(10, 10)], REAL).domains["1"]
    assert nothing.value < borrowed.value < estimate(elsewhere, REAL).domains["2"].value
    # Its own answers, half of them right, are drawn towards the others'.
    assert 0.5 < own.value < borrowed.value


def test_a_heavy_domain_matters_more_than_a_light_one() -> None:
    exam = ExamFormat({"1": 80, "2": 20}, 50, Scale(100, 1000, 720))
    strong_in_heavy = answers(18, 2, domain="1") + answers(8, 12, domain="2")
    strong_in_light = answers(8, 12, domain="1") + answers(18, 2, domain="2")
    assert chance(strong_in_heavy, exam) > chance(strong_in_light, exam) + 0.3


def test_right_answers_to_hard_questions_say_more() -> None:
    def with_difficulty(difficulty: float | None) -> float:
        found = [a for d in "1234" for a in answers(7, 3, domain=d, difficulty=difficulty)]
        return chance(found, REAL)

    assert with_difficulty(-1) < with_difficulty(0) < with_difficulty(1)
    assert with_difficulty(None) == pytest.approx(with_difficulty(0), abs=0.1)


# ---- Against brute force -----------------------------------------------------------------------

SMALL = ExamFormat({"1": 2, "2": 1}, 3, Scale(0, 100, 60))  # two of three pass


def test_the_chance_is_what_brute_force_over_a_finer_grid_finds() -> None:
    given = answers(4, 1, domain="1", difficulty=0.5) + answers(1, 3, domain="2", age=10)
    assert chance(given, SMALL) == pytest.approx(brute_force(given), abs=2e-4)
    assert chance([], SMALL) == pytest.approx(brute_force([]), abs=2e-4)


def brute_force(given: Sequence[FirstAnswer]) -> float:
    """Bayes' rule written out for SMALL: every overall ability with every pair of abilities."""
    total = passing = 0.0
    for overall in steps(-4, 5, 0.25):
        prior = density(overall, TUNED.overall_mean, TUNED.overall_sd)
        parts = [list(weighed(given, domain, overall)) for domain in "12"]
        for weight_1, p in parts[0]:
            for weight_2, q in parts[1]:
                weight = prior * weight_1 * weight_2
                total += weight
                # Two right of the first domain, or one of it and the one of the second.
                passing += weight * (p * p + 2 * p * (1 - p) * q)
    return passing / total


def weighed(
    given: Sequence[FirstAnswer], domain: str, overall: float
) -> Iterator[tuple[float, float]]:
    """Each ability's weight, and its chance of a right answer to a question not known."""
    for ability in steps(-5, 6, 0.1):
        weight = density(ability, overall, TUNED.domain_sd)
        for answer in given:
            if answer.domain == domain:
                p = right_at(ability, answer.difficulty)
                weight *= (p if answer.right else 1 - p) ** (
                    0.5 ** (answer.age_days / HALF_LIFE_DAYS)
                )
        yield weight, right_at(ability, None)


def right_at(ability: float, difficulty: float | None) -> float:
    g = TUNED.guessing
    if difficulty is not None:
        return g + (1 - g) / (1 + math.exp(difficulty - ability))
    spread = [(density(b, 0, TUNED.item_sd), b) for b in steps(-5, 5, 0.1)]
    return sum(w * right_at(ability, b) for w, b in spread) / sum(w for w, _ in spread)


def density(x: float, mean: float, sd: float) -> float:
    return math.exp(-((x - mean) ** 2) / (2 * sd * sd))


def steps(first: float, last: float, step: float) -> list[float]:
    return [first + step * n for n in range(round((last - first) / step) + 1)]


# ---- What changed ------------------------------------------------------------------------------


def test_new_answers_are_named_by_domain_and_by_right_and_wrong() -> None:
    before = everywhere(6, 5)
    new = answers(5, 2, domain="2")
    moved = what_changed(before, [*before, *new], REAL)
    causes = {(cause.domain, cause.right): cause for cause in moved.causes}
    assert causes.keys() == {("2", True), ("2", False)}
    assert causes["2", True].answers == tuple(new[:5])
    assert causes["2", False].answers == tuple(new[5:])
    assert causes["2", True].points > 0 > causes["2", False].points
    assert all(cause.change is Change.NEW for cause in moved.causes)
    assert moved.before == chance(before, REAL)
    assert moved.after == chance([*before, *new], REAL)


def test_nothing_moves_a_figure_when_no_answer_differs() -> None:
    same = everywhere(6, 5)
    moved = what_changed(same, list(reversed(same)), REAL)
    assert moved.causes == ()
    assert moved.before == moved.after


def test_age_alone_is_one_cause() -> None:
    before = everywhere(9, 2)
    after = [FirstAnswer(a.question, a.domain, a.task, a.right, 20) for a in before]
    (cause,) = what_changed(before, after, REAL).causes
    assert (cause.change, cause.domain, cause.right) == (Change.AGED, None, None)
    assert len(cause.answers) == 44
    assert cause.points < 0


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ([True], [False], Change.REMARKED),
        ([True], [], Change.GONE),
        ([], [False], Change.NEW),
    ],
)
def test_a_key_that_was_repaired_and_answers_that_went_are_named(
    before: list[bool], after: list[bool], change: Change
) -> None:
    rest = everywhere(6, 5)

    def with_one(rights: list[bool]) -> list[FirstAnswer]:
        return [*rest, *(FirstAnswer(0, "3", "3.1", right, 4) for right in rights)]

    (cause,) = what_changed(with_one(before), with_one(after), REAL).causes
    assert (cause.change, cause.domain) == (change, "3")
    assert [answer.question for answer in cause.answers] == [0]
    assert cause.points < 0


def test_what_others_answers_say_of_difficulty_is_one_cause() -> None:
    before = everywhere(6, 5)
    after = [FirstAnswer(a.question, a.domain, a.task, a.right, 0, 0.8) for a in before]
    (cause,) = what_changed(before, after, REAL).causes
    assert cause.change is Change.DIFFICULTY
    assert cause.points > 0
