"""What holds for every bank and every blueprint."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.selection import BankTooSmall, Blueprint, Candidate, apportion, draw

DOMAINS = ["1", "2", "3", "4"]

weights = st.dictionaries(st.sampled_from(DOMAINS), st.integers(1, 100), min_size=1)
blueprints = st.builds(
    Blueprint, weights=weights, scored=st.integers(1, 40), unscored=st.integers(0, 15)
)


def make_pool(count: int, seed: int) -> list[Candidate]:
    """A bank by chance: drawing each field by Hypothesis would take most of the test's time."""
    rng = Random(seed)
    slugs = [f"q{number}" for number in range(count)]
    return [
        Candidate(
            slug=slug,
            domain=rng.choice(DOMAINS),
            task=rng.choice("abc"),
            seen=rng.randint(0, 3),
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


def check_refusal(refused: BankTooSmall, scored: dict[str, int], unscored: dict[str, int]) -> None:
    assert refused.shortages
    for short in refused.shortages:
        assert short.needed == scored[short.domain] + unscored[short.domain]
        assert short.missing > 0


@given(pools, blueprints, st.integers(0, 2**32))
def test_a_form_is_drawn_by_the_blueprint_or_refused_for_a_real_shortage(
    pool: list[Candidate], blueprint: Blueprint, seed: int
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
    pool: list[Candidate], blueprint: Blueprint, seed: int
) -> None:
    peaceful = [Candidate(one.slug, one.domain, one.task, one.seen) for one in pool]
    try:
        chosen = {pick.slug for pick in draw(peaceful, blueprint, Random(seed))}
    except BankTooSmall:
        return
    for domain in blueprint.weights:
        asked = [one.seen for one in peaceful if one.domain == domain and one.slug in chosen]
        left = [one.seen for one in peaceful if one.domain == domain and one.slug not in chosen]
        assert not asked or not left or max(asked) <= min(left)


def test_a_refusal_without_enemies_is_exactly_a_lack_of_questions() -> None:
    pool = [Candidate(f"q{number}", "1", "a") for number in range(9)]
    blueprint = Blueprint({"1": 1}, scored=8, unscored=1)
    assert len(draw(pool, blueprint, Random(1))) == 9
    with pytest.raises(BankTooSmall):
        draw(pool[1:], blueprint, Random(1))
