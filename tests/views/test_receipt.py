"""Saves count by the time they were received, which only the proxy may tell."""

from datetime import datetime, timedelta

import pytest
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from exams.engine import attempts
from exams.engine.audit import audit
from exams.engine.receipt import received_at
from exams.models import Attempt
from tests.bank import fill, make_exam
from tests.people import client_of
from tests.sittings import begin, deadline_of

SECOND = timedelta(seconds=1)
PROXY = override_settings(RECEIPT_STAMPS=True, QUEUE_ALLOWANCE=2.5 * SECOND)


def stamped(moment: datetime) -> dict[str, str]:
    return {"X-Received-At": f"{moment.timestamp():.3f}"}


class TestStamp:
    @pytest.mark.parametrize("ago", [0, 5, 59])
    def test_of_the_proxy_it_is_taken(self, ago: int) -> None:
        now = timezone.now()
        request = RequestFactory().post("/", headers=stamped(now - ago * SECOND))
        with PROXY:
            assert abs(received_at(request, now=now) - (now - ago * SECOND)) < SECOND / 100

    @pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "-1", "1e30", "0", "1.7e9 x"])
    def test_nonsense_is_ignored(self, text: str) -> None:
        now = timezone.now()
        with PROXY:
            request = RequestFactory().post("/", headers={"X-Received-At": text})
            assert received_at(request, now=now) == now

    @pytest.mark.parametrize("ago", [-5, 61])
    def test_of_the_future_or_of_long_ago_it_is_ignored(self, ago: int) -> None:
        now = timezone.now()
        with PROXY:
            request = RequestFactory().post("/", headers=stamped(now - ago * SECOND))
            assert received_at(request, now=now) == now


@pytest.mark.django_db
class TestSave:
    @pytest.fixture
    def attempt(self, candidate: User) -> Attempt:
        exam = make_exam(slug="small", items=8, scored_items=6)
        fill(exam, per_task=2)
        return begin(candidate, exam)

    @pytest.fixture
    def web(self, candidate: User) -> Client:
        return client_of(candidate)

    def late_by(self, attempt: Attempt, late: timedelta) -> datetime:
        """Move the deadline to ``late`` ago; returns it."""
        shift = deadline_of(attempt) - (timezone.now() - late)
        Attempt.objects.filter(pk=attempt.pk).update(
            started_at=attempt.started_at - shift, deadline=deadline_of(attempt) - shift
        )
        attempt.refresh_from_db()
        return deadline_of(attempt)

    def save(self, web: Client, attempt: Attempt, **headers: str) -> int:
        form = {"epoch": 1, "rev": 1, "answer": ["1"]}
        choice = attempt.responses.filter(version__kind="choice")[0].position
        address = reverse("exams:save", args=[attempt.pk, choice])
        return web.post(address, form, headers=headers).status_code

    def test_one_that_waited_in_the_queue_counts(self, web: Client, attempt: Attempt) -> None:
        deadline = self.late_by(attempt, 4 * SECOND)
        with PROXY:
            assert attempts.close_expired(now=timezone.now()) == 0
            assert self.save(web, attempt, **stamped(deadline + SECOND)) == 200
        event = attempt.events.get()
        assert abs(event.received_at - deadline - SECOND) < SECOND / 100
        attempts.close_expired(now=timezone.now() + 10 * SECOND)
        attempt.refresh_from_db()
        assert (attempt.closed_at, list(audit(attempt))) == (deadline, [])

    def test_one_that_came_too_late_does_not(self, web: Client, attempt: Attempt) -> None:
        deadline = self.late_by(attempt, 4 * SECOND)
        with PROXY:
            assert self.save(web, attempt, **stamped(deadline + 2.1 * SECOND)) == 409

    def test_without_a_proxy_a_forged_stamp_is_ignored(self, web: Client, attempt: Attempt) -> None:
        deadline = self.late_by(attempt, 4 * SECOND)
        assert self.save(web, attempt, **stamped(deadline - SECOND)) == 409

    @pytest.mark.parametrize(("late", "closed"), [(4.4, 0), (4.6, 1)])
    def test_behind_a_proxy_attempts_are_closed_when_the_queue_has_passed(
        self, attempt: Attempt, late: float, closed: int
    ) -> None:
        with PROXY:
            now = deadline_of(attempt) + late * SECOND
            assert attempts.close_expired(now=now) == closed
            assert attempts.close_if_expired(attempt, now=now) == bool(closed)


@pytest.mark.django_db
@pytest.mark.parametrize("size", [8, 65])
def test_a_save_costs_four_statements(
    candidate: User, size: int, django_assert_num_queries: object
) -> None:
    exam = make_exam(slug="budget", items=size, scored_items=size)
    fill(exam, per_task=7)
    attempt, web = begin(candidate, exam), client_of(candidate)
    form = {"epoch": 1, "rev": 1, "answer": ["1"]}
    position = attempt.responses.filter(version__kind="choice")[0].position
    with django_assert_num_queries(4):  # type: ignore[operator]  # session, user, shape, save
        web.post(reverse("exams:save", args=[attempt.pk, position]), form)
