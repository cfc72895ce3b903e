"""What readiness reads from the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from exams.assembly.assemble import Wanted
from exams.engine import attempts
from exams.engine.scoring import Scale
from exams.engine.study import reveal
from exams.models import Attempt, Mode, Response
from exams.recipes import Recipe
from questions.kinds import Kind
from questions.models import Exam, Question, QuestionVersion, Task
from results.evidence import exam_format, first_answers, people_in_statistics
from results.readiness import readiness
from tests.bank import CANARY, fill, key_of, make_exam, make_section, make_version
from tests.people import AuthorFactory, CandidateFactory, OperatorFactory, StaffFactory
from tests.sittings import answer, begin, practise, right_places

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def exam() -> Exam:
    exam = make_exam(items=13, scored_items=10)
    fill(exam, per_task=2, kinds=[Kind.CHOICE])
    return exam


def sit(
    user: User, exam: Exam, *, at: datetime = NOON, right: int = 4, wrong: int = 3, seed: int = 1
) -> Attempt:
    """Sit a mock: the first so many right, so many wrong, the rest left blank."""
    attempt = begin(user, exam, now=at, seed=seed)
    rows = list(attempt.responses.select_related("version").order_by("position"))
    for place, response in enumerate(rows[: right + wrong]):
        key = right_places(response)
        others = [str(place) for place in range(1, 5) if [str(place)] != key]
        answer(attempt, response.position, key if place < right else others[:1])
    return attempts.submit(user=user, attempt_id=attempt.pk, now=at + timedelta(hours=1))


def questions_of(attempt: Attempt, **which: object) -> set[int]:
    return set(attempt.responses.filter(**which).values_list("question_id", flat=True))


# ---- First answers -----------------------------------------------------------------------------


def test_answers_come_with_domain_task_mark_and_age(candidate: User, exam: Exam) -> None:
    attempt = sit(candidate, exam)
    found = first_answers(candidate, exam, now=NOON + DAY)
    rows = attempt.responses.filter(position__lte=7).select_related("task__domain")
    assert {(a.question, a.domain, a.task, a.right) for a in found} == {
        (row.question_id, row.task.domain.code, row.task.code, row.position <= 4) for row in rows
    }
    # Answered a minute after noon, a day less a minute ago.
    assert [a.age_days for a in found] == pytest.approx([1 - 1 / 1440] * 7)
    assert {a.difficulty for a in found} == {None}


def test_scored_and_unscored_places_count_alike(candidate: User, exam: Exam) -> None:
    attempt = sit(candidate, exam, right=13, wrong=0)
    assert attempt.responses.filter(scored=False).count() == 3
    assert len(first_answers(candidate, exam, now=NOON)) == 13


def test_a_question_counts_the_first_time_it_was_marked_only(candidate: User, exam: Exam) -> None:
    first = sit(candidate, exam, right=0, wrong=13)
    again = sit(candidate, exam, at=NOON + DAY, right=13, wrong=0, seed=2)
    seen_twice = questions_of(first) & questions_of(again)
    assert seen_twice  # 24 questions for two forms of 13
    found = {a.question: a for a in first_answers(candidate, exam, now=NOON + 2 * DAY)}
    assert found.keys() == questions_of(first) | questions_of(again)
    assert not any(found[question].right for question in questions_of(first))
    assert all(found[question].right for question in questions_of(again) - questions_of(first))


def test_a_question_left_blank_is_no_evidence_then_nor_later(candidate: User, exam: Exam) -> None:
    first = sit(candidate, exam, right=0, wrong=0)
    again = sit(candidate, exam, at=NOON + DAY, right=13, wrong=0, seed=2)
    found = {a.question for a in first_answers(candidate, exam, now=NOON + 2 * DAY)}
    assert found == questions_of(again) - questions_of(first)


def test_an_exam_that_still_runs_counts_for_nothing(candidate: User, exam: Exam) -> None:
    attempt = begin(candidate, exam, now=NOON)
    answer(attempt, 1, ["1"])
    assert first_answers(candidate, exam, now=NOON + timedelta(minutes=9)) == []


def test_what_was_checked_in_study_counts_at_once_and_the_rest_not(
    candidate: User, exam: Exam
) -> None:
    attempt = practise(candidate, make_section(exam), now=NOON)
    response = attempt.responses.select_related("version").get(position=2)
    answer(attempt, 2, right_places(response))
    answer(attempt, 3, ["1"])
    reveal(user=candidate, attempt_id=attempt.pk, position=2, now=NOON + timedelta(hours=12))
    (found,) = first_answers(candidate, exam, now=NOON + DAY)
    assert (found.question, found.right) == (response.question_id, True)
    assert found.age_days == pytest.approx(0.5)


def test_a_question_first_seen_in_another_exam_is_new_in_none(candidate: User, exam: Exam) -> None:
    other = make_exam(slug="other")
    for task in Task.objects.filter(domain__exam=other):
        task.guests.set(v for v in exam_versions(exam) if v.task.code == task.code)
    wanted = Wanted(mode=Mode.CUSTOM, recipe=Recipe(items=16, minutes=9))
    there = attempts.start(user=candidate, exam=other, now=NOON, wanted=wanted, seed=1)
    for response in there.responses.select_related("version"):
        answer(there, response.position, right_places(response))
    attempts.submit(user=candidate, attempt_id=there.pk, now=NOON + timedelta(minutes=5))

    here = sit(candidate, exam, at=NOON + DAY, right=13, wrong=0)
    later = NOON + 2 * DAY
    in_both = questions_of(here) & questions_of(there)
    assert in_both
    assert {a.question for a in first_answers(candidate, other, now=later)} == questions_of(there)
    found = {a.question for a in first_answers(candidate, exam, now=later)}
    assert found == questions_of(here) - in_both


def exam_versions(exam: Exam) -> list[QuestionVersion]:
    return list(QuestionVersion.objects.filter(question__exam=exam).select_related("task"))


def test_answers_are_ordered_by_when_they_were_given(candidate: User, exam: Exam) -> None:
    sit(candidate, exam, seed=3)
    sit(candidate, exam, at=NOON + DAY, seed=4)
    found = first_answers(candidate, exam, now=NOON + 2 * DAY)
    order = [(-a.age_days, a.question) for a in found]
    assert order == sorted(order)
    assert len({a.age_days for a in found}) == 2


def test_a_clock_that_runs_behind_makes_no_answer_negatively_old(
    candidate: User, exam: Exam
) -> None:
    sit(candidate, exam)
    assert {a.age_days for a in first_answers(candidate, exam, now=NOON - DAY)} == {0}


def test_a_strangers_answers_are_not_among_them(
    candidate: User, stranger: User, exam: Exam
) -> None:
    sit(stranger, exam)
    assert first_answers(candidate, exam, now=NOON) == []


def test_difficulties_come_by_version(candidate: User, exam: Exam) -> None:
    attempt = sit(candidate, exam)
    one = attempt.responses.get(position=1)
    found = first_answers(candidate, exam, now=NOON, difficulties={one.version_id: 1.25})
    assert {a.question: a.difficulty for a in found if a.difficulty} == {one.question_id: 1.25}


# ---- Statements --------------------------------------------------------------------------------


@pytest.mark.parametrize("sittings", [1, 12])
def test_evidence_takes_two_statements_however_much_there_is(
    candidate: User, exam: Exam, sittings: int
) -> None:
    for number in range(sittings):
        sit(candidate, exam, at=NOON + number * DAY, seed=number)
    with CaptureQueriesContext(
        connection,
    ) as statements:
        answers = first_answers(candidate, exam, now=NOON + 30 * DAY)
        format_ = exam_format(exam)
    assert len(statements) == 2
    assert readiness(answers, format_).basis.answers == len(answers) >= 7


def test_no_key_is_read(candidate: User, exam: Exam) -> None:
    sit(candidate, exam)
    with CaptureQueriesContext(connection) as statements:
        first_answers(candidate, exam, now=NOON)
        exam_format(exam)
    sql = " ".join(statement["sql"] for statement in statements)
    for secret in ('"key"', '"rationales"', '"questions_questionversion"', CANARY):
        assert secret not in sql


# ---- The format --------------------------------------------------------------------------------


def test_the_format_is_the_exams(exam: Exam) -> None:
    format_ = exam_format(exam)
    assert format_.weights == {"1": 28, "2": 26, "3": 22, "4": 24}
    assert (format_.scored_items, format_.scale) == (10, Scale(100, 1000, 720))
    assert format_.needed == 7
    assert format_.tasks == {f"{domain}.{task}" for domain in "1234" for task in "123"}


def test_a_domain_without_tasks_keeps_its_weight(exam: Exam) -> None:
    exam.domains.create(code="5", title="Extra", weight=10)
    assert exam_format(exam).weights["5"] == 10


# ---- Who counts --------------------------------------------------------------------------------


def test_candidates_count_and_guests_authors_and_staff_never() -> None:
    candidate = CandidateFactory.create()
    CandidateFactory.create(is_guest=True)
    AuthorFactory.create()
    StaffFactory.create()
    OperatorFactory.create()
    assert list(people_in_statistics()) == [candidate]


def test_somebody_with_a_right_to_the_bank_never_counts() -> None:
    reader = CandidateFactory.create()
    reader.user_permissions.add(Permission.objects.get(codename="view_questionversion"))
    assert not people_in_statistics().exists()


def test_an_author_who_left_the_group_never_counts(exam: Exam) -> None:
    former = AuthorFactory.create()
    question = Question.objects.create(exam=exam, slug="written")
    task = exam.domains.get(code="1").tasks.get(code="1.1")
    make_version(question, task, Kind.CHOICE, created_by=former, key=key_of(Kind.CHOICE)).save()
    former.groups.clear()
    former.is_staff = False
    former.save(update_fields=["is_staff"])
    assert former not in people_in_statistics()


def test_the_answers_of_staff_are_their_own_evidence(exam: Exam) -> None:
    author = AuthorFactory.create()
    sit(author, exam)
    assert len(first_answers(author, exam, now=NOON)) == 7
    assert not Response.objects.filter(attempt__user__in=people_in_statistics()).exists()
