"""Alarms: from attempts to a task for an author, and to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from exams.models import Mode
from questions.kinds import Kind
from questions.models import Exam, Question, QuestionVersion
from results import item_alarms, item_statistics
from results.alarm_texts import why
from results.models import AlarmKind, ItemAlarm, ItemStatistics, Settlement
from tests.bank import OPTION_IDS, make_exam
from tests.exposures import NOON, Given, make_question, next_version, sit
from tests.people import CandidateFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam() -> Exam:
    return make_exam(slug="small", items=4, scored_items=4)


@pytest.fixture
def version(exam: Exam) -> QuestionVersion:
    return make_question(exam, "odd")


def figures_of(version: QuestionVersion, **given: Any) -> ItemStatistics:
    """Stored statistics of a calm question; ``given`` replace what they say."""
    calm: dict[str, Any] = {
        "computed_at": NOON,
        "exposures": 100,
        "answers": 100,
        "right": 60,
        "blank": 0,
        "facility": 0.6,
        "rests": 100,
        "mean_rest": 0.5,
        "discrimination": 0.3,
        "efficiency": 0.4,
        "timed": 100,
        "median_seconds": 60.0,
        "said": 0,
        "sure": 0,
        "sure_and_wrong": 0,
        "choices": [
            {"ids": [option], "count": 10, "rest": 0.5} for option in OPTION_IDS[Kind(version.kind)]
        ],
        "top_size": 34,
        "top_answer": version.key,
        "top_agreed": 30,
    }
    ItemStatistics.objects.filter(pk=version.pk).delete()
    return ItemStatistics.objects.create(version=version, **(calm | given))


def review(*versions: QuestionVersion) -> None:
    item_alarms.review([version.pk for version in versions], now=timezone.now())


def test_a_wrong_key_is_found_from_the_attempts_alone(exam: Exam) -> None:
    """The best choose c, the key says b: three alarms, each with its reason."""
    keyed_wrongly = make_question(exam, "wrong-key")
    others = [make_question(exam, f"q{n}") for n in range(4)]
    for number in range(32):
        good = number % 2 == 0
        given = [Given(keyed_wrongly, ["c"] if good else ["b" if number < 12 else "a"])]
        given += [
            Given(version, ["b"] if good or n == 0 else ["a"]) for n, version in enumerate(others)
        ]
        sit(CandidateFactory.create(), exam, given)
    item_statistics.refresh_all(now=timezone.now())
    alarms = {alarm.kind: alarm for alarm in ItemAlarm.objects.all()}
    assert {alarm.version_id for alarm in alarms.values()} == {keyed_wrongly.pk}
    assert alarms.keys() == {AlarmKind.NEGATIVE, AlarmKind.OTHER_ANSWER, AlarmKind.UNDER_CHANCE}
    assert "discrimination -0." in why(alarms[AlarmKind.NEGATIVE])
    assert "11 of 11 answered C; the key is B." in why(alarms[AlarmKind.OTHER_ANSWER])
    assert "19 % of 32 first answers are right; guessing would give 25 %." in why(
        alarms[AlarmKind.UNDER_CHANCE]
    )


def test_a_question_that_takes_twice_the_time_of_its_kind_is_found(exam: Exam) -> None:
    slow = make_question(exam, "slow")
    figures_of(slow, median_seconds=121)
    for number in range(8):
        figures_of(make_question(exam, f"q{number}"))
    figures_of(make_question(exam, "ordering", Kind.ORDERING), median_seconds=500, choices=[])
    review(slow)
    assert not ItemAlarm.objects.exists(), "nine times are too few to be typical"
    figures_of(make_question(exam, "tenth"))
    review(slow)
    assert why(ItemAlarm.objects.get()).startswith("Half of the candidates need more than 121 s")


def test_distractors_that_nobody_takes_are_named_by_letter(version: QuestionVersion) -> None:
    figures_of(
        version, choices=[{"ids": [o], "count": int(o == "b"), "rest": None} for o in "abcd"]
    )
    review(version)
    assert why(ItemAlarm.objects.get()).startswith("Nobody of 100 chose any of A C D.")


def test_an_open_alarm_keeps_up_with_the_figures_and_ends_with_them(
    version: QuestionVersion,
) -> None:
    figures_of(version, discrimination=-0.1)
    review(version)
    opened = ItemAlarm.objects.get()
    figures_of(version, discrimination=-0.2, answers=120, exposures=120)
    review(version)
    alarm = ItemAlarm.objects.get()
    assert (alarm.pk, alarm.opened_at) == (opened.pk, opened.opened_at)
    assert (alarm.figures["discrimination"], alarm.answers) == (-0.2, 120)
    figures_of(version, discrimination=0.1)
    review(version)
    alarm = ItemAlarm.objects.get()
    assert (alarm.settlement, alarm.settled_by, alarm.reason) == (Settlement.CLEARED, None, "")
    figures_of(version, discrimination=-0.1)
    review(version)
    assert ItemAlarm.objects.filter(settled_at=None).count() == 1


def test_what_an_author_settled_comes_back_on_twice_the_evidence(
    version: QuestionVersion, author: User
) -> None:
    figures_of(version, discrimination=-0.1)
    review(version)
    alarm = ItemAlarm.objects.get()
    item_alarms.settle(alarm.pk, by=author, reason="Too few.", now=timezone.now())
    figures_of(version, discrimination=-0.1, answers=199, exposures=199)
    review(version)
    assert not ItemAlarm.objects.filter(settled_at=None).exists()
    figures_of(version, discrimination=-0.1, answers=200, exposures=200)
    review(version)
    assert ItemAlarm.objects.filter(settled_at=None).count() == 1
    assert ItemAlarm.objects.count() == 2


def test_an_alarm_is_settled_once(version: QuestionVersion, author: User, operator: User) -> None:
    figures_of(version, discrimination=-0.1)
    review(version)
    pk = ItemAlarm.objects.get().pk
    item_alarms.settle(pk, by=author, reason="It is right.", now=timezone.now())
    with pytest.raises(item_alarms.NotOpen):
        item_alarms.settle(pk, by=operator, reason="No.", now=timezone.now())
    alarm = ItemAlarm.objects.get()
    assert (alarm.settled_by, alarm.reason) == (author, "It is right.")


@pytest.mark.parametrize("change", ["next version", "retired", "unpublished"])
def test_alarms_of_what_is_asked_no_more_end(version: QuestionVersion, change: str) -> None:
    figures_of(version, discrimination=-0.1)
    review(version)
    if change == "next version":
        next_version(version)
    else:
        gone: dict[str, Any] = {"retired_at": NOON} if change == "retired" else {"published": None}
        Question.objects.filter(pk=version.question_id).update(**gone)
    review()
    assert ItemAlarm.objects.get().settlement == Settlement.REPLACED
    review(version)
    assert ItemAlarm.objects.count() == 1, "an old version raises none"


def test_alarms_outlive_the_account_of_who_settled_them(
    version: QuestionVersion, author: User
) -> None:
    figures_of(version, discrimination=-0.1)
    review(version)
    pk = ItemAlarm.objects.get().pk
    item_alarms.settle(pk, by=author, reason="It is right.", now=timezone.now())
    author.delete()
    alarm = ItemAlarm.objects.get()
    assert (alarm.settled_by, alarm.settlement, alarm.reason) == (None, "author", "It is right.")


def test_the_database_keeps_one_open_alarm_of_a_kind_and_reasons(version: QuestionVersion) -> None:
    alarm = {"version": version, "kind": AlarmKind.SLOW, "answers": 30, "opened_at": NOON}
    ItemAlarm.objects.create(**alarm)
    with pytest.raises(IntegrityError, match="alarm_open_once"), transaction.atomic():
        ItemAlarm.objects.create(**alarm)
    with pytest.raises(IntegrityError, match="settled_by_author_with_reason"), transaction.atomic():
        ItemAlarm.objects.update(settled_at=NOON, settlement=Settlement.AUTHOR)
    with pytest.raises(IntegrityError, match="alarm_settled_somehow"), transaction.atomic():
        ItemAlarm.objects.update(settled_at=NOON)


@pytest.mark.parametrize("count", [1, 8])
def test_a_review_takes_the_same_statements_however_much_it_finds(exam: Exam, count: int) -> None:
    versions = [make_question(exam, f"q{n}") for n in range(count)]
    for version in versions:
        figures_of(version, discrimination=-0.1, facility=0.1)
    with CaptureQueriesContext(connection) as opening:
        review(*versions)
    assert ItemAlarm.objects.count() == 2 * count
    with CaptureQueriesContext(connection) as confirming:
        review(*versions)
    assert (len(opening), len(confirming)) == (6, 6)


def test_study_raises_no_alarm(exam: Exam, version: QuestionVersion) -> None:
    for _ in range(25):
        given = [Given(version, ["a"])]
        sit(CandidateFactory.create(), exam, given, mode=Mode.STUDY, started_at=NOON - timedelta(1))
    item_statistics.refresh_all(now=timezone.now())
    assert ItemStatistics.objects.get().exposures == 25
    assert not ItemAlarm.objects.exists()
