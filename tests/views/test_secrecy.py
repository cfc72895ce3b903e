"""The key of a question that a running exam asks is explained through no door."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from exams.engine import attempts, study
from exams.models import Attempt, Response
from questions.models import Exam
from tests.bank import CANARY
from tests.canaries import make_secretive_exam
from tests.people import CandidateFactory, client_of
from tests.sittings import begin
from tests.views.test_study import begin_study

pytestmark = pytest.mark.django_db

REFUSAL = "An exam that you have open asks this question too"


@pytest.fixture
def exam() -> Exam:
    return make_secretive_exam()


@pytest.fixture
def web(candidate: User) -> Client:
    return client_of(candidate)


def submit(attempt: Attempt) -> None:
    attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now())


def earlier_exam(user: User, exam: Exam) -> Attempt:
    attempt = begin(user, exam)
    submit(attempt)
    return attempt


def study_handed_in_meanwhile(user: User, exam: Exam) -> Attempt:
    return begin_study(user, exam, items=80)


def study_explained_before(user: User, exam: Exam) -> Attempt:
    attempt = begin_study(user, exam, items=80)
    for position in attempt.responses.values_list("position", flat=True):
        study.reveal(user=user, attempt_id=attempt.pk, position=position, now=timezone.now())
    return attempt


DOORS = [earlier_exam, study_handed_in_meanwhile, study_explained_before]


@pytest.mark.parametrize("door", DOORS)
def test_what_a_running_exam_asks_is_not_explained_by_another_attempt(
    web: Client, candidate: User, exam: Exam, door: Callable[[User, Exam], Attempt]
) -> None:
    other = door(candidate, exam)
    running = begin(candidate, exam, seed=7)
    if not other.is_closed:
        assert not any(CANARY in page for page in pages_of(web, other, secret=asked_in(running)))
        submit(other)
    secret = asked_in(running) & asked_in(other)
    assert len(secret) > 10
    assert not any(CANARY in page for page in pages_of(web, other, secret=secret))
    assert all(REFUSAL in page for page in pages_of(web, other, secret=secret))
    report = web.get(reverse("results:report", args=[other.pk])).content.decode()
    assert report.count("shown after your open exam") == len(secret)
    submit(running)
    assert all(CANARY in page for page in pages_of(web, other, secret=secret))


def asked_in(attempt: Attempt) -> set[int]:
    return set(attempt.responses.values_list("question_id", flat=True))


def pages_of(web: Client, attempt: Attempt, *, secret: set[int]) -> list[str]:
    """Every page on which a question of ``secret`` could be explained."""
    attempt.refresh_from_db()
    name = "results:question" if attempt.is_closed else "exams:question"
    rows = Response.objects.filter(attempt=attempt, question__in=secret)
    return [
        web.get(reverse(name, args=[attempt.pk, position]), follow=True).content.decode()
        for position in rows.values_list("position", flat=True)
    ]


def test_the_palette_of_study_tells_no_mark_of_a_question_that_a_running_exam_asks(
    web: Client, candidate: User, exam: Exam
) -> None:
    explained = study_explained_before(candidate, exam)
    page = reverse("exams:review", args=[explained.pk])
    assert "wrong" in web.get(page).content.decode()
    Attempt.objects.filter(pk=explained.pk).update(section=None)
    running = begin(candidate, exam, seed=7)
    shown = web.get(page).content.decode()
    known = asked_in(explained) - asked_in(running)
    assert shown.count(", wrong") == len(known)


def test_a_guests_work_is_not_explained_to_the_account_whose_exam_asks_the_same(
    exam: Exam,
) -> None:
    from exams.engine.adoption import move_work  # beside the models that it moves

    guest = CandidateFactory.create(is_guest=True)
    account = CandidateFactory.create()
    theirs = earlier_exam(guest, exam)
    running = begin(account, exam, seed=7)
    move_work(guest, account, None)
    theirs.refresh_from_db()
    secret = asked_in(theirs) & asked_in(running)
    assert secret
    assert not any(CANARY in page for page in pages_of(client_of(account), theirs, secret=secret))


def test_a_stranger_finds_no_explanation(stranger: User, candidate: User, exam: Exam) -> None:
    other = earlier_exam(candidate, exam)
    page = reverse("results:question", args=[other.pk, 1])
    assert client_of(stranger).get(page).status_code == 404
