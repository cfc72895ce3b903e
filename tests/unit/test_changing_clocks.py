"""Exams that run while a country changes its clocks last as long as any other."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client, override_settings

from accounts.models import ExtraTime, User
from exams.engine import attempts
from exams.models import Attempt
from tests.bank import fill, make_exam
from tests.people import client_of
from tests.sittings import begin, deadline_of

pytestmark = pytest.mark.django_db

# The last quarter of an hour before clocks go forward, back, and by half an hour.
CHANGES = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1, 45)),  # noqa: DTZ001  # the zone is the next field
    ("Europe/Berlin", datetime(2026, 10, 25, 1, 45)),  # noqa: DTZ001
    ("America/New_York", datetime(2026, 11, 1, 0, 45)),  # noqa: DTZ001
    ("Australia/Lord_Howe", datetime(2026, 10, 4, 1, 45)),  # noqa: DTZ001
    ("Australia/Lord_Howe", datetime(2026, 4, 5, 1, 15)),  # noqa: DTZ001
]


@pytest.mark.parametrize(("zone", "local"), CHANGES)
def test_it_lasts_its_minutes_and_closes_after_them(
    candidate: User, zone: str, local: datetime
) -> None:
    exam = make_exam(slug="small", items=8, scored_items=6)
    fill(exam, per_task=2)
    candidate.extra_time = ExtraTime.HALF
    start = local.replace(tzinfo=ZoneInfo(zone))
    with override_settings(TIME_ZONE=zone):
        attempt = begin(candidate, exam, now=start)
        Attempt.objects.get(pk=attempt.pk)
        length = deadline_of(attempt).timestamp() - start.timestamp()
        assert length == 195 * 60
        end = deadline_of(attempt)
        assert attempts.close_expired(now=end + timedelta(seconds=2)) == 0
        assert attempts.close_expired(now=end + timedelta(seconds=2.001)) == 1


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_the_end_is_shown_with_its_zone(candidate: User, zone: str) -> None:
    exam = make_exam(slug="small", items=8, scored_items=6)
    fill(exam, per_task=2)
    web: Client = client_of(candidate)
    with override_settings(TIME_ZONE=zone):
        web.post(exam.get_absolute_url())
        attempt = Attempt.objects.get()
        shown = deadline_of(attempt).astimezone(ZoneInfo(zone))
        assert f"{shown:%H:%M} {shown.tzname()}" in web.get("/").content.decode()
