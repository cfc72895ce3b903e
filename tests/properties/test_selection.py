"""What holds for every bank and every blueprint."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.assembly.selection import (
    BankTooSmall,
    Blueprint,
    Pick,
    PoolItem,
    Reach,
    apportion,
    draw,
    draw_by_shares,
    draw_up_to,
    is_settled,
    largest_form,
)

DOMAINS = ["1", "2", "3", "4"]

weights = st.dictionaries(st.sampled_from(DOMAINS), st.integers(1, 100), min_size=1)
blueprints = st.builds(
    Blueprint, weights=weights, scored=st.integers(1, 40), unscored=st.integers(0, 15)
)


def make_pool(count: int, seed: int) -> list[PoolItem]:
    """A bank by chance: drawing each field by Hypothesis would take most of the test's time."""
    rng = Random(seed)
    slugs = [f"q{number}" for number in range(count)]
    return [
        PoolItem(
            slug=slug,
            domain=rng.choice(DOMAINS),
            task=rng.choice("abc"),
            seen=rng.randint(0, 3),
            born=rng.randint(1, 5),
            enemies=frozenset(rng.sample(slugs, min(count, rng.choice([0, 0, 1, 2])))) - {slug},
        )
        for slug in slugs
    ]


pools = st.builds(make_pool, st.integers(0, 150), st.integers(0, 2**32))


@given(weights, st.integers(0, 200))
def test_shares_add_up_and_stay_within_one_of_the_exact_share(
    weights: dict[str, int], seats: int
) -> None:
    shares = apportion(weights, seats)
    assert sum(shares.values()) == seats
    for part, share in shares.items():
        assert abs(share - seats * weights[part] / sum(weights.values())) < 1


def peaceful_form(
    pool: list[PoolItem], blueprint: Blueprint, seed: int
) -> tuple[list[PoolItem], dict[str, bool]]:
    """``pool`` without its enmities, and what is drawn from it: scored or not, by slug."""
    peaceful = [replace(one, enemies=frozenset()) for one in pool]
    try:
        form = draw(peaceful, blueprint, Random(seed))
    except BankTooSmall:
        return peaceful, {}
    return peaceful, {pick.slug: pick.scored for pick in form}


def check_refusal(refused: BankTooSmall, scored: dict[str, int], unscored: dict[str, int]) -> None:
    assert refused.shortages
    for short in refused.shortages:
        assert short.needed == scored[short.domain] + unscored[short.domain]
        assert short.missing > 0


@given(pools, blueprints, st.integers(0, 2**32))
def test_a_form_is_drawn_by_the_blueprint_or_refused_for_a_real_shortage(
    pool: list[PoolItem], blueprint: Blueprint, seed: int
) -> None:
    by_slug = {one.slug: one for one in pool}
    scored = apportion(blueprint.weights, blueprint.scored)
    unscored = apportion(blueprint.weights, blueprint.unscored)
    try:
        form = draw(pool, blueprint, Random(seed))
    except BankTooSmall as refused:
        check_refusal(refused, scored, unscored)
        return
    slugs = [pick.slug for pick in form]
    assert len(slugs) == len(set(slugs)) == blueprint.scored + blueprint.unscored
    assert not any(by_slug[slug].enemies & set(slugs) for slug in slugs)
    of_domain = Counter((by_slug[pick.slug].domain, pick.scored) for pick in form)
    for domain in blueprint.weights:
        assert of_domain[domain, True] == scored[domain]
        assert of_domain[domain, False] == unscored[domain]


@given(pools, blueprints, st.integers(0, 2**32))
def test_without_enemies_nobody_is_asked_again_while_something_new_is_left(
    pool: list[PoolItem], blueprint: Blueprint, seed: int
) -> None:
    peaceful, chosen = peaceful_form(pool, blueprint, seed)
    for domain in blueprint.weights:
        asked = [one.seen for one in peaceful if one.domain == domain and one.slug in chosen]
        left = [one.seen for one in peaceful if one.domain == domain and one.slug not in chosen]
        assert not asked or not left or max(asked) <= min(left)


@given(pools, blueprints, st.integers(0, 2**32))
def test_the_newest_of_those_seen_least_are_tried_out(
    pool: list[PoolItem], blueprint: Blueprint, seed: int
) -> None:
    peaceful, form = peaceful_form(pool, blueprint, seed)
    for domain in blueprint.weights if form else ():
        ranks = {one.slug: (one.seen, -one.born) for one in peaceful if one.domain == domain}
        tried_out = [rank for slug, rank in ranks.items() if form.get(slug) is False]
        others = [rank for slug, rank in ranks.items() if form.get(slug) is not False]
        assert not tried_out or not others or max(tried_out) <= min(others)


@given(pools, blueprints, st.integers(0, 2**32))
def test_the_same_seed_draws_the_same_form(
    pool: list[PoolItem], blueprint: Blueprint, seed: int
) -> None:
    assert peaceful_form(pool, blueprint, seed) == peaceful_form(pool, blueprint, seed)


@given(blueprints)
def test_half_a_mock_has_half_the_questions_by_the_same_shares(blueprint: Blueprint) -> None:
    half = blueprint.halved()
    assert (half.scored, half.unscored) == (-(-blueprint.scored // 2), -(-blueprint.unscored // 2))
    assert half.weights == blueprint.weights


@given(weights, st.dictionaries(st.sampled_from(DOMAINS), st.integers(0, 40)), st.integers(0, 90))
def test_the_largest_form_can_be_supplied_and_no_larger_one(
    weights: dict[str, int], available: dict[str, int], most: int
) -> None:
    def lacks(items: int) -> bool:
        return any(n > available.get(part, 0) for part, n in apportion(weights, items).items())

    largest = largest_form(weights, available, most)
    assert not lacks(largest)
    assert all(lacks(items) for items in range(largest + 1, most + 1))


shares = st.dictionaries(st.sampled_from("abc"), st.integers(0, 20), min_size=1)


@given(pools, shares, st.integers(0, 2**32))
def test_drills_ask_nothing_twice_and_no_enemies_together(
    pool: list[PoolItem], shares: dict[str, int], seed: int
) -> None:
    by_slug = {one.slug: one for one in pool}
    wanted = sum(shares.values())
    for drawn in (
        draw_up_to(wanted, pool, Random(seed)),
        draw_by_shares(shares, pool, Random(seed)),
    ):
        slugs = [pick.slug for pick in drawn]
        assert len(slugs) == len(set(slugs)) <= wanted
        assert not any(by_slug[slug].enemies & set(slugs) for slug in slugs)
        assert all(pick.scored for pick in drawn)


@given(pools, shares, st.integers(0, 2**32))
def test_without_enemies_a_drill_is_as_long_as_the_bank_allows(
    pool: list[PoolItem], shares: dict[str, int], seed: int
) -> None:
    peaceful = [replace(one, enemies=frozenset()) for one in pool]
    wanted = sum(shares.values())
    drawn = draw_by_shares(shares, peaceful, Random(seed))
    assert len(drawn) == min(wanted, len(peaceful))
    tasks = Counter(one.task for one in peaceful)
    of_task = Counter({one.slug: one.task for one in peaceful}[pick.slug] for pick in drawn)
    assert all(of_task[task] >= min(share, tasks[task]) for task, share in shares.items())


def test_a_refusal_without_enemies_is_exactly_a_lack_of_questions() -> None:
    pool = [PoolItem(f"q{number}", "1", "a") for number in range(9)]
    blueprint = Blueprint({"1": 1}, scored=8, unscored=1)
    assert len(draw(pool, blueprint, Random(1))) == 9
    with pytest.raises(BankTooSmall):
        draw(pool[1:], blueprint, Random(1))


# ---- From a part of the bank -------------------------------------------------------------------


def part_of(
    bank: list[PoolItem], bound: int, past_bound: int, seed: int
) -> tuple[list[PoolItem], Reach]:
    """What is read of ``bank``: of each task some that were never seen, and some of the others."""
    in_ring = Random(seed).sample(bank, len(bank))
    by_age = sorted(in_ring, key=lambda one: -one.born)
    part: set[PoolItem] = set()
    bounds = {}
    for task in {one.task for one in bank}:
        unseen = [
            [q for q in order if q.task == task and not q.seen] for order in (in_ring, by_age)
        ]
        part |= {one for order in unseen for one in order[:bound]}
        if len(unseen[0]) >= bound:
            bounds[task] = bound
    seen = [
        sorted((q for q in order if q.seen), key=lambda q: q.seen) for order in (in_ring, by_age)
    ]
    part |= {one for order in seen for one in order[:past_bound]}
    most = seen[0][past_bound - 1].seen if len(seen[0]) >= past_bound else None
    return [one for one in bank if one in part], Reach(0, bounds, most)


def left_over(bank: list[PoolItem], picks: list[Pick]) -> list[PoolItem]:
    """What could still be added to ``picks``."""
    chosen = {pick.slug for pick in picks}
    barred = frozenset[str]().union(*(one.enemies for one in bank if one.slug in chosen))
    return [q for q in bank if q.slug not in chosen | barred and not chosen & q.enemies]


@given(pools, blueprints, st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 60))
def test_a_settled_draw_from_a_part_leaves_nothing_out_that_comes_before_it(
    pool: list[PoolItem], blueprint: Blueprint, seed: int, bound: int, past_bound: int
) -> None:
    bank = [replace(one, task=f"{one.domain}.{one.task}") for one in pool]
    by_slug = {one.slug: one for one in bank}
    part, reach = part_of(bank, bound, past_bound, seed)
    try:
        picks = draw(part, blueprint, Random(seed))
    except BankTooSmall:
        return
    if not is_settled(picks, part, reach):
        assert not reach.is_whole
        return
    for left in left_over(bank, picks):
        picked = [(by_slug[pick.slug], pick.scored) for pick in picks]
        of_domain = [(one, scored) for one, scored in picked if one.domain == left.domain]
        assert all(one.seen <= left.seen for one, _ in of_domain)
        newest = [one for one, scored in of_domain if not scored and one.seen == left.seen == 0]
        assert all(one.born >= left.born for one in newest)


@pytest.mark.parametrize(
    ("reach", "settled"),
    [
        (Reach(items=3), True),
        (Reach(items=3, bounds={"a": 4}), True),
        # All that was read of the task is spent: the fourth may have come before something.
        (Reach(items=3, bounds={"a": 3}), False),
        (Reach(items=4, bounds={"a": 4}), False),
        # Another task has none to give, and what it lacks was seen as often as what was picked.
        (Reach(items=3, seen_most=2), True),
        (Reach(items=3, seen_most=1), False),
        (Reach(items=3, seen_most=2, due={"b": 2}), False),
        (Reach(items=3, seen_most=2, due={"b": 1}), True),
    ],
)
def test_a_draw_from_a_part_is_settled_while_every_task_has_something_left(
    reach: Reach, settled: bool
) -> None:
    pool = [PoolItem(f"a{number}", "1", "a", seen=number % 2) for number in range(4)]
    pool.append(PoolItem("b", "1", "b", seen=1))
    picks = [Pick(slug, scored=True) for slug in ("a0", "a1", "b")]
    bigger = [*pool, PoolItem("a4", "1", "a", enemies=frozenset({"a0"}))]
    assert is_settled(picks, bigger, reach) is settled
