"""The days of a candidate, by which questions come back. Pure: no Django."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)
ROLL_OVER = timedelta(hours=4)
"""A day begins at four in the morning: who studies past midnight still studies that day."""


def day_of(moment: datetime, zone: tzinfo) -> date:
    """The day that ``moment`` belongs to for somebody in ``zone``."""
    return (moment.astimezone(zone).replace(tzinfo=None) - ROLL_OVER).date()


def day_ends(moment: datetime, zone: tzinfo) -> datetime:
    """When that day is over. What is due before that is due on it."""
    morning = datetime.combine(day_of(moment, zone) + DAY, time.min) + ROLL_OVER
    return morning.replace(tzinfo=zone).astimezone(UTC)
