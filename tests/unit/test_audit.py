"""Rebuilding closed attempts from their journal."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from exams.engine import attempts
from exams.engine.audit import audit
from exams.models import Attempt
from questions.kinds import Kind
from tests.bank import fill, make_exam
from tests.sittings import answer, answer_rightly, begin

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(candidate: User) -> Attempt:
    exam = make_exam(slug="audit", items=12, scored_items=10)
    fill(exam, per_task=2)
    attempt = begin(candidate, exam)
    answer_rightly(attempt, 6)
    choice = attempt.responses.filter(version__kind=Kind.CHOICE).first()
    assert choice is not None
    for rev, place in [(2, "1"), (4, "2"), (3, "3")]:
        answer(attempt, choice.position, [place], rev=rev)
    return attempts.submit(
        user=candidate, attempt_id=attempt.pk, now=attempt.started_at + timedelta(minutes=9)
    )


def test_an_honest_attempt_shows_no_difference(closed: Attempt) -> None:
    assert list(audit(closed)) == []


@pytest.mark.parametrize("field", ["scored_correct", "scored_items", "scaled_score"])
def test_a_tampered_score_is_found(closed: Attempt, field: str) -> None:
    setattr(closed, field, getattr(closed, field) + 1)
    words = {
        "scored_correct": "correct answers",
        "scored_items": "scored questions",
        "scaled_score": "scaled score",
    }
    assert [difference.what for difference in audit(closed)] == [words[field]]


def test_a_tampered_verdict_is_found(closed: Attempt) -> None:
    closed.passed = not closed.passed
    assert [difference.what for difference in audit(closed)] == ["passed"]


def test_an_answer_that_is_not_in_the_journal_is_found(closed: Attempt) -> None:
    response = closed.responses.filter(answer=[]).first()
    assert response is not None
    closed.responses.filter(pk=response.pk).update(answer=["a"])
    assert [difference.what for difference in audit(closed)] == [
        f"question {response.position} answer"
    ]


def test_a_wrong_mark_is_found(closed: Attempt) -> None:
    response = closed.responses.filter(is_correct=False).first()
    assert response is not None
    closed.responses.filter(pk=response.pk).update(is_correct=True)
    assert f"question {response.position} correct" in [
        difference.what for difference in audit(closed)
    ]


def test_the_command_counts_and_passes(closed: Attempt) -> None:
    said = StringIO()
    call_command("audit_attempts", stdout=said)
    assert said.getvalue() == "1 attempts checked, 0 differences\n"


def test_the_command_names_the_difference_and_fails(closed: Attempt) -> None:
    Attempt.objects.filter(pk=closed.pk).update(scaled_score=999)
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("audit_attempts", str(closed.pk), stdout=said)
    assert f"{closed.pk}: scaled score: stored 999" in said.getvalue()
