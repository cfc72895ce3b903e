"""Annotations in, score out."""

from fractions import Fraction

import pytest

from exams.engine.scoring import Mark, Scale, Tally, score, tally_by_domain

MLA = Scale(minimum=100, maximum=1000, pass_mark=720)


def marks(correct: int, wrong: int, *, scored: bool = True) -> list[Mark]:
    return [Mark("1", scored, correct=True)] * correct + [Mark("1", scored, correct=False)] * wrong


@pytest.mark.parametrize(
    ("correct", "wrong", "scaled", "passed"),
    [
        (0, 50, 100, False),
        (34, 16, 712, False),
        (35, 15, 730, True),
        (50, 0, 1000, True),
        (31, 14, 720, True),
        (0, 0, 100, False),
    ],
)
def test_the_scaled_score_is_a_straight_line_and_passes_at_the_pass_mark(
    correct: int, wrong: int, scaled: int, passed: bool
) -> None:
    result = score(marks(correct, wrong), MLA)
    assert (result.scaled, result.passed) == (scaled, passed)


def test_nobody_passes_by_rounding() -> None:
    almost = score(marks(689, 311), Scale(minimum=100, maximum=1000, pass_mark=721))
    assert almost.scaled == 720
    assert not almost.passed


def test_unscored_questions_change_nothing() -> None:
    counted = marks(30, 20)
    tried_out = marks(15, 0, scored=False)
    assert score(counted + tried_out, MLA) == score(counted, MLA)


def test_each_domain_has_its_own_tally_in_order_of_its_code() -> None:
    mixed = [
        Mark("2", scored=True, correct=True),
        Mark("1", scored=True, correct=False),
        Mark("2", scored=True, correct=False),
        Mark("3", scored=False, correct=True),
    ]
    assert list(tally_by_domain(mixed).items()) == [
        ("1", Tally(0, 1)),
        ("2", Tally(1, 2)),
        ("3", Tally(0, 0)),
    ]


def test_a_share_is_exact_and_a_percentage_is_rounded() -> None:
    assert Tally(2, 3).share == Fraction(2, 3)
    assert Tally(2, 3).percent == 67
    assert Tally(1, 6).percent == 17
    assert (Tally(1, 999).percent, Tally(999, 1000).percent) == (1, 99)
    assert Tally(0, 0).percent == 0
