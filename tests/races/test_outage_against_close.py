"""An operator's credit against the end of time, forced to meet, by real threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from exams.engine import attempts, outages
from exams.engine.audit import audit
from exams.models import Attempt, Extension, Outage
from questions.kinds import Kind
from tests.bank import fill, make_exam
from tests.people import CandidateFactory
from tests.races.test_save_against_submit import together
from tests.sittings import begin, deadline_of

pytestmark = pytest.mark.django_db(transaction=True)

RACES = 40
MINUTE = timedelta(minutes=1)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield pool


def test_an_attempt_is_extended_or_closed_and_never_both(pool: ThreadPoolExecutor) -> None:
    exam = make_exam(slug="race", items=2, scored_items=2)
    fill(exam, per_task=1, kinds=[Kind.CHOICE])
    extended = closed = 0
    for _ in range(RACES):
        attempt = begin(CandidateFactory.create(), exam, now=timezone.now() - 10 * MINUTE)
        late = deadline_of(attempt) + timedelta(seconds=3)

        def credit(attempt: Attempt = attempt) -> None:
            start = attempt.started_at
            span = {"started_at": start, "ended_at": start + 5 * MINUTE}
            outages.record(**span, reason="x", by=None, now=timezone.now())
            connection.close()

        def sweep(late: object = late) -> None:
            attempts.close_expired(now=late)  # type: ignore[arg-type]  # bound for the thread
            connection.close()

        together(pool, partial(credit), partial(sweep))
        attempt.refresh_from_db()
        was_extended = Extension.objects.filter(attempt=attempt).exists()
        assert was_extended != attempt.is_closed
        if attempt.is_closed:
            assert list(audit(attempt)) == []
        extended, closed = extended + was_extended, closed + attempt.is_closed
        # Out of the way of the next race.
        Attempt.objects.filter(pk=attempt.pk, closed_at=None).delete()
        Extension.objects.all().delete()
        Outage.objects.all().delete()
    assert extended
    assert closed
