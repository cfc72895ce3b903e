"""The operator's pages: outages, running attempts, the journal."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from exams.engine import attempts
from exams.models import Attempt, Outage
from tests.bank import fill, make_exam
from tests.people import client_of
from tests.sittings import answer, begin, deadline_of

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
PAGES = ["outage/", "outage/add/", "attempt/", "answerevent/"]


@pytest.fixture
def attempt(candidate: User) -> Attempt:
    exam = make_exam(slug="small", items=8, scored_items=6)
    fill(exam, per_task=2)
    return begin(candidate, exam, now=timezone.now() - 60 * MINUTE)


def form(start: int, end: int, **more: str) -> dict[str, str]:
    """Minutes ago, as the admin's two fields for a time each."""
    fields = {"reason": "Power cut"} | more
    for name, minutes in (("started_at", start), ("ended_at", end)):
        moment = timezone.now() - minutes * MINUTE
        fields |= {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}
    return fields


def test_recording_an_outage_extends_running_attempts_and_is_signed(
    operator: User, attempt: Attempt
) -> None:
    before = deadline_of(attempt)
    added = client_of(operator).post("/admin/exams/outage/add/", form(40, 30), follow=True)
    assert "1 running attempts were extended" in added.content.decode()
    outage = Outage.objects.get()
    assert (outage.recorded_by, outage.reason) == (operator, "Power cut")
    attempt.refresh_from_db()
    assert deadline_of(attempt) == before + 10 * MINUTE
    page = client_of(operator).get(f"/admin/exams/outage/{outage.pk}/change/").content.decode()
    assert str(attempt.pk) in page
    assert 'name="started_at_0"' not in page


def test_one_that_is_not_over_is_refused_and_nothing_typed_is_lost(
    operator: User, attempt: Attempt
) -> None:
    page = client_of(operator).post("/admin/exams/outage/add/", form(40, -30)).content.decode()
    assert "its end lies in the future" in page
    assert "Power cut" in page
    assert not Outage.objects.exists()


def test_what_ran_out_within_it_is_named(operator: User, attempt: Attempt) -> None:
    shift = deadline_of(attempt) - (timezone.now() - 35 * MINUTE)
    Attempt.objects.filter(pk=attempt.pk).update(
        started_at=attempt.started_at - shift, deadline=deadline_of(attempt) - shift
    )
    attempts.close_expired(now=timezone.now())
    page = client_of(operator).post("/admin/exams/outage/add/", form(40, 30), follow=True)
    assert f"stay closed: {attempt.pk}" in page.content.decode()


def test_the_candidate_reads_on_the_report_what_was_given_back(
    operator: User, attempt: Attempt
) -> None:
    client_of(operator).post("/admin/exams/outage/add/", form(40, 30))
    attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now())
    page = client_of(attempt.user).get(f"/attempts/{attempt.pk}/report/").content.decode()
    assert "Given back for an outage" in page
    assert "Power cut" in page


@pytest.mark.parametrize("page", PAGES)
def test_authors_and_candidates_see_none_of_it(author: User, candidate: User, page: str) -> None:
    assert client_of(author).get(f"/admin/exams/{page}").status_code == 403
    assert client_of(candidate).get(f"/admin/exams/{page}").status_code == 302


def test_late_answers_are_found_and_nothing_can_be_changed(
    operator: User, attempt: Attempt
) -> None:
    choice = attempt.responses.filter(version__kind="choice")[0].position
    answer(attempt, choice, ["1"], after=timedelta(days=1))
    client = client_of(operator)
    page = client.get("/admin/exams/answerevent/?outcome__exact=late").content.decode()
    assert str(attempt) in page
    event = attempt.events.get()
    for address in (
        f"answerevent/{event.pk}/change/",
        f"attempt/{attempt.pk}/change/",
    ):
        assert client.get(f"/admin/exams/{address}").status_code == 200
        assert client.post(f"/admin/exams/{address}", {"outcome": "applied"}).status_code == 403
    for address in ("answerevent/add/", f"attempt/{attempt.pk}/delete/"):
        assert client.get(f"/admin/exams/{address}").status_code == 403


def test_private_notes_of_candidates_are_not_shown(operator: User, attempt: Attempt) -> None:
    attempt.responses.filter(position=1).update(note="only mine")
    page = client_of(operator).get(f"/admin/exams/attempt/{attempt.pk}/change/").content.decode()
    assert "only mine" not in page


def test_running_attempts_show_their_deadlines(operator: User, attempt: Attempt) -> None:
    page = client_of(operator).get("/admin/exams/attempt/?state=open").content.decode()
    assert attempt.user.email in page
    attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now())
    page = client_of(operator).get("/admin/exams/attempt/?state=open").content.decode()
    assert attempt.user.email not in page
