"""What is conspicuous about figures: each rule, its sample, and where it begins."""

from typing import Any

import pytest

from questions.kinds import Kind
from results.alarm_rules import Figures, chance, conspicuous
from results.models import AlarmKind


def figures(**given: Any) -> Figures:
    """An inconspicuous question with a large sample; ``given`` replace what it says."""
    calm: dict[str, Any] = {
        "kind": Kind.CHOICE,
        "key": ["b"],
        "options": 4,
        "answers": 100,
        "facility": 0.6,
        "rests": 100,
        "discrimination": 0.3,
        "takers": {"a": 10, "c": 20, "d": 10},
        "top_answer": ["b"],
        "top_agreed": 30,
        "top_size": 34,
        "timed": 100,
        "median_seconds": 80.0,
        "typical_seconds": 60.0,
    }
    return Figures(**(calm | given))


@pytest.mark.parametrize(
    ("kind", "options", "key_size", "expected"),
    [
        (Kind.CHOICE, 4, 1, 1 / 4),
        (Kind.RESPONSE, 5, 2, 1 / 10),
        (Kind.ORDERING, 4, 4, 1 / 24),
        (Kind.MATCHING, 4, 3, 1 / 24),
        (Kind.MATCHING, 5, 3, 1 / 60),
    ],
)
def test_chance_is_that_of_a_blind_guess(
    kind: Kind, options: int, key_size: int, expected: float
) -> None:
    assert chance(kind, options=options, key_size=key_size) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, set()),
        ({"discrimination": -0.01, "rests": 30}, {"negative"}),
        ({"discrimination": -0.9, "rests": 29}, set()),
        ({"discrimination": 0.0}, set()),
        ({"discrimination": None}, set()),
        ({"top_answer": ["c"], "top_agreed": 18, "top_size": 34}, {"other"}),
        ({"top_answer": ["c"], "top_agreed": 17, "top_size": 34}, set()),
        ({"top_answer": ["c"], "top_agreed": 10, "top_size": 10, "rests": 29}, set()),
        ({"top_answer": [], "top_agreed": 30, "top_size": 34}, set()),
        ({"facility": 0.249, "answers": 20}, {"chance"}),
        ({"facility": 0.249, "answers": 19}, set()),
        ({"facility": 0.25}, set()),
        ({"facility": None, "answers": 0}, set()),
        ({"takers": {"a": 0, "c": 1, "d": 0}, "answers": 60}, {"unused"}),
        ({"takers": {"a": 0, "c": 1, "d": 0}, "answers": 59}, set()),
        ({"takers": None}, set()),
        ({"median_seconds": 120.1, "timed": 20}, {"slow"}),
        ({"median_seconds": 120.1, "timed": 19}, set()),
        ({"median_seconds": 120.0}, set()),
        ({"median_seconds": 900.0, "typical_seconds": None}, set()),
        ({"median_seconds": None}, set()),
        (
            {"discrimination": -0.2, "facility": 0.1, "top_answer": ["d"]},
            {"negative", "chance", "other"},
        ),
    ],
)
def test_each_rule_fires_from_its_sample_on(given: dict[str, Any], expected: set[str]) -> None:
    found = conspicuous(figures(**given))
    assert found.keys() == expected
    assert found.keys() <= set(AlarmKind.values)


def test_the_best_agree_with_the_key_of_a_response_in_any_order() -> None:
    given: dict[str, Any] = {"kind": Kind.RESPONSE, "options": 5, "top_agreed": 30}
    assert not conspicuous(figures(key=["d", "b"], top_answer=["b", "d"], **given))
    assert conspicuous(figures(key=["d", "b"], top_answer=["b", "c"], **given))


def test_the_order_of_an_ordering_matters() -> None:
    given: dict[str, Any] = {"kind": Kind.ORDERING, "takers": None, "key": ["a", "b", "c"]}
    assert not conspicuous(figures(top_answer=["a", "b", "c"], **given))
    assert "other" in conspicuous(figures(top_answer=["b", "a", "c"], **given))


def test_every_unused_distractor_is_named() -> None:
    found = conspicuous(figures(takers={"a": 0, "c": 1, "d": 0}))
    assert found["unused"] == {"options": ["a", "d"], "answers": 100}
