"""Two operators who record the same outage at the same moment, by real threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from exams.engine import outages
from exams.models import Extension, Outage
from questions.kinds import Kind
from tests.bank import fill, make_exam
from tests.people import CandidateFactory
from tests.races.test_save_against_submit import together
from tests.sittings import begin, deadline_of

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def record(started_at: datetime) -> None:
    span = {"started_at": started_at, "ended_at": started_at + 5 * MINUTE}
    outages.record(**span, reason="x", by=None, now=timezone.now())
    connection.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield pool


def test_an_outage_that_is_recorded_twice_at_once_gives_its_time_once(
    pool: ThreadPoolExecutor,
) -> None:
    exam = make_exam(slug="race", items=2, scored_items=2)
    fill(exam, per_task=1, kinds=[Kind.CHOICE])
    for _ in range(20):
        attempt = begin(CandidateFactory.create(), exam, now=timezone.now() - 20 * MINUTE)
        before = deadline_of(attempt)
        twice = [partial(record, attempt.started_at + MINUTE)] * 2
        together(pool, *twice)
        attempt.refresh_from_db()
        assert deadline_of(attempt) - before == 5 * MINUTE
        assert attempt.extensions.count() == 1
        # Out of the way of the next race.
        Extension.objects.all().delete()
        Outage.objects.all().delete()
        attempt.delete()
