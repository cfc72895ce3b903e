"""The days by which questions come back."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from exams.days import day_ends, day_of

SEOUL = ZoneInfo("Asia/Seoul")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("hour", "day"),
    [(0, date(2026, 11, 27)), (3, date(2026, 11, 27)), (4, date(2026, 11, 28))],
)
def test_who_studies_past_midnight_still_studies_that_day(hour: int, day: date) -> None:
    assert day_of(datetime(2026, 11, 28, hour, tzinfo=SEOUL), SEOUL) == day


def test_a_day_is_the_readers_and_not_the_servers() -> None:
    moment = datetime(2026, 11, 27, 21, 23, tzinfo=UTC)  # 06:23 of the 28th in Seoul
    assert day_of(moment, SEOUL) == date(2026, 11, 28)
    assert day_ends(moment, SEOUL) == datetime(2026, 11, 28, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("noon", "ends"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=BERLIN), datetime(2026, 3, 29, 2, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, tzinfo=BERLIN), datetime(2026, 10, 25, 3, tzinfo=UTC)),
    ],
)
def test_it_ends_at_four_also_when_clocks_are_changed(noon: datetime, ends: datetime) -> None:
    assert day_ends(noon, BERLIN) == ends
