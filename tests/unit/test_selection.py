"""How a form is drawn from the bank."""

from collections import Counter
from random import Random

import pytest

from exams.assembly.selection import (
    BankTooSmall,
    Blueprint,
    PoolItem,
    apportion,
    draw,
    draw_by_shares,
    draw_up_to,
    largest_form,
    shares_of_weakness,
    shuffled,
)

MLA = Blueprint(weights={"1": 28, "2": 26, "3": 22, "4": 24}, scored=50, unscored=15)


def pool(per_domain: int, **fields: object) -> list[PoolItem]:
    return [
        PoolItem(f"q{domain}-{number}", domain, f"{domain}.{number % 3 + 1}", **fields)  # type: ignore[arg-type]
        for domain in MLA.weights
        for number in range(per_domain)
    ]


@pytest.mark.parametrize(
    ("weights", "seats", "shares"),
    [
        ({"1": 28, "2": 26, "3": 22, "4": 24}, 65, {"1": 18, "2": 17, "3": 14, "4": 16}),
        ({"1": 28, "2": 26, "3": 22, "4": 24}, 50, {"1": 14, "2": 13, "3": 11, "4": 12}),
        ({"1": 28, "2": 26, "3": 22, "4": 24}, 15, {"1": 4, "2": 4, "3": 3, "4": 4}),
        ({"1": 28, "2": 24, "3": 24, "4": 24}, 65, {"1": 18, "2": 16, "3": 16, "4": 15}),
        ({"a": 1, "b": 1}, 3, {"a": 2, "b": 1}),
        ({"a": 5}, 0, {"a": 0}),
    ],
)
def test_seats_are_shared_out_by_largest_remainder(
    weights: dict[str, int], seats: int, shares: dict[str, int]
) -> None:
    assert apportion(weights, seats) == shares


def test_a_form_follows_the_blueprint_in_scored_and_unscored_questions() -> None:
    form = draw(pool(40), MLA, Random(1))
    domains = Counter(pick.slug[1] for pick in form)
    scored = Counter(pick.slug[1] for pick in form if pick.scored)
    assert domains == {"1": 18, "2": 17, "3": 14, "4": 16}
    assert scored == {"1": 14, "2": 13, "3": 11, "4": 12}


def test_the_same_seed_draws_the_same_form_and_another_seed_another_one() -> None:
    bank = pool(40)
    assert draw(bank, MLA, Random(7)) == draw(bank, MLA, Random(7))
    assert draw(bank, MLA, Random(7)) != draw(bank, MLA, Random(8))


def test_questions_seen_less_often_are_drawn_first() -> None:
    fresh = {f"q{domain}-{number}" for domain in MLA.weights for number in range(18)}
    bank = [
        PoolItem(one.slug, one.domain, one.task, seen=0 if one.slug in fresh else 1)
        for one in pool(60)
    ]
    assert {pick.slug for pick in draw(bank, MLA, Random(3))} <= fresh


def test_the_tasks_of_a_domain_take_turns() -> None:
    form = draw(pool(60), MLA, Random(4))
    tasks = Counter(int(pick.slug.split("-")[1]) % 3 for pick in form if pick.slug[1] == "1")
    assert set(tasks.values()) == {6}


def test_enemies_never_share_a_form_whichever_of_them_names_the_other() -> None:
    bank = [
        PoolItem(one.slug, one.domain, one.task, enemies=frozenset({f"q{one.domain}-{number - 1}"}))
        for one in pool(60)
        for number in [int(one.slug.split("-")[1])]
    ]
    chosen = {pick.slug for pick in draw(bank, MLA, Random(5))}
    assert not [one for one in bank if one.slug in chosen and one.enemies & chosen]


def test_a_bank_that_is_too_small_is_refused_with_every_domain_that_lacks_questions() -> None:
    small = [one for one in pool(40) if one.domain != "3"][:90]
    with pytest.raises(BankTooSmall) as refused:
        draw(small, MLA, Random(6))
    shortages = {short.domain: (short.available, short.needed) for short in refused.value.shortages}
    assert shortages == {"3": (0, 14), "4": (10, 16)}
    assert "domain 3 has 0 of 14 questions needed (14 missing)" in str(refused.value)


def test_half_a_mock_is_33_questions_of_which_25_count() -> None:
    half = MLA.halved()
    assert (half.scored, half.unscored) == (25, 8)
    form = draw(pool(40), half, Random(1))
    assert Counter(pick.scored for pick in form) == {True: 25, False: 8}
    assert Counter(pick.slug[1] for pick in form if pick.scored) == {"1": 7, "2": 7, "3": 5, "4": 6}
    assert Counter(pick.slug[1] for pick in form if not pick.scored) == dict.fromkeys("1234", 2)


@pytest.mark.parametrize(
    ("scored", "unscored", "half"),
    [(50, 15, (25, 8)), (65, 0, (33, 0)), (1, 0, (1, 0)), (1, 1, (1, 1)), (4, 2, (2, 1))],
)
def test_half_a_question_becomes_a_whole_one(
    scored: int, unscored: int, half: tuple[int, int]
) -> None:
    halved = Blueprint(MLA.weights, scored, unscored).halved()
    assert (halved.scored, halved.unscored) == half


NEW, OLD = 739_000, 700_000
TRIED_OUT = [
    # (seen, born) of five questions; which two are tried out when three count
    ([(0, OLD), (0, OLD), (0, NEW), (0, OLD), (0, NEW)], {2, 4}),
    # Least seen first still: what is new but was asked before waits for what never was.
    ([(1, NEW), (1, NEW), (0, OLD), (0, OLD), (2, OLD)], {2, 3}),
    # Of those seen equally often the newest.
    ([(1, NEW), (1, OLD), (0, OLD), (1, OLD), (2, NEW)], {2, 0}),
]


@pytest.mark.parametrize(("known", "tried_out"), TRIED_OUT)
def test_the_newest_of_the_least_seen_are_tried_out(
    known: list[tuple[int, int]], tried_out: set[int]
) -> None:
    bank = [PoolItem(str(n), "1", "t", seen, born=born) for n, (seen, born) in enumerate(known)]
    for seed in range(20):
        form = draw(bank, Blueprint({"1": 1}, scored=3, unscored=2), Random(seed))
        assert {int(pick.slug) for pick in form if not pick.scored} == tried_out


@pytest.mark.parametrize(
    ("weights", "available", "most", "largest"),
    [
        ({"1": 1, "2": 1}, {"1": 5, "2": 5}, 8, 8),
        ({"1": 1, "2": 1}, {"1": 5, "2": 2}, 8, 5),
        ({"1": 28, "2": 26, "3": 22, "4": 24}, dict.fromkeys("1234", 21), 100, 76),
        ({"1": 1}, {}, 8, 0),
        ({}, {"1": 5}, 8, 0),
    ],
)
def test_the_largest_form_that_the_shares_allow(
    weights: dict[str, int], available: dict[str, int], most: int, largest: int
) -> None:
    assert largest_form(weights, available, most) == largest


@pytest.mark.parametrize(
    ("tallies", "seats", "shares"),
    [
        # One that was never asked weighs as one answered half rightly.
        ({"a": (0, 0), "b": (1, 2)}, 10, {"a": 5, "b": 5}),
        ({"a": (9, 10), "b": (1, 10)}, 13, {"a": 1, "b": 12}),
        ({"a": (0, 50), "b": (50, 50), "c": (25, 50)}, 20, {"a": 16, "b": 0, "c": 4}),
    ],
)
def test_the_more_was_wrong_the_more_seats_a_task_gets(
    tallies: dict[str, tuple[int, int]], seats: int, shares: dict[str, int]
) -> None:
    assert shares_of_weakness(tallies, seats) == shares


def test_what_a_weak_task_lacks_the_others_make_up_for() -> None:
    bank = [one for one in pool(12) if one.task in ("1.1", "1.2")]
    drawn = draw_by_shares({"1.1": 6, "1.2": 1}, bank, Random(1))
    assert len(drawn) == 7
    tasks = {one.slug: one.task for one in bank}
    assert Counter(tasks[pick.slug] for pick in drawn) == {"1.1": 4, "1.2": 3}


def test_a_drill_takes_what_there_is() -> None:
    bank = [one for one in pool(2) if one.domain == "1"]
    assert len(draw_up_to(10, bank, Random(1))) == 2
    assert draw_up_to(10, [], Random(1)) == []


def test_every_place_is_equally_likely_for_every_option() -> None:
    rng = Random(9)
    first = Counter(shuffled(["a", "b", "c", "d"], rng)[0] for _ in range(4000))
    # Chi-squared with 3 degrees of freedom: 16.27 is exceeded once in a thousand.
    assert sum((first[option] - 1000) ** 2 / 1000 for option in "abcd") < 16.27
