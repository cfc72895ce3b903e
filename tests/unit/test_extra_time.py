from datetime import timedelta

import pytest

from accounts.models import ExtraTime

STANDARD = timedelta(minutes=130)


@pytest.mark.parametrize(
    ("extra_time", "minutes"),
    [
        (ExtraTime.NONE, 130),
        (ExtraTime.QUARTER, 162.5),
        (ExtraTime.HALF, 195),
        (ExtraTime.DOUBLE, 260),
        (ExtraTime.THIRTY_MINUTES, 160),
    ],
)
def test_an_accommodation_lengthens_the_exam(extra_time: ExtraTime, minutes: float) -> None:
    assert extra_time.allowed(STANDARD, full=STANDARD) == timedelta(minutes=minutes)


def test_minutes_to_show_are_whole_and_never_promise_too_much() -> None:
    assert ExtraTime.QUARTER.minutes(130, full=130) == 162


@pytest.mark.parametrize("extra_time", ExtraTime)
def test_no_accommodation_shortens_the_exam(extra_time: ExtraTime) -> None:
    assert extra_time.allowed(STANDARD, full=STANDARD) >= STANDARD


@pytest.mark.parametrize(("standard", "allowed"), [(130, 160), (65, 80), (40, 49)])
def test_thirty_minutes_are_granted_for_the_full_exam_and_scaled_for_shorter_ones(
    standard: float, allowed: int
) -> None:
    assert ExtraTime.THIRTY_MINUTES.minutes(standard, full=130) == allowed


def test_what_began_before_they_were_scaled_got_all_thirty() -> None:
    half = timedelta(minutes=65)
    assert ExtraTime.THIRTY_MINUTES.allowed(half, full=None) == timedelta(minutes=95)
