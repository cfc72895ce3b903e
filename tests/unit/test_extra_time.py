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
    assert extra_time.allowed(STANDARD) == timedelta(minutes=minutes)


def test_minutes_to_show_are_whole_and_never_promise_too_much() -> None:
    assert ExtraTime.QUARTER.minutes(130) == 162


@pytest.mark.parametrize("extra_time", ExtraTime)
def test_no_accommodation_shortens_the_exam(extra_time: ExtraTime) -> None:
    assert extra_time.allowed(STANDARD) >= STANDARD
