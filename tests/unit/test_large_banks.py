"""A large bank is drawn from without being read: what holds of a small one holds of it too."""

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from exams.assembly import assemble as drawing
from exams.assembly import probing
from exams.assembly.assemble import assemble
from exams.models import Attempt, Mode
from exams.recipes import Recipe, Source
from questions.kinds import Kind
from questions.models import Exam, Question, Task
from tests.bank import fill, make_exam
from tests.sittings import begin

pytestmark = pytest.mark.django_db

OLD = "2020-01-01T00:00:00Z"


@pytest.fixture
def exam(monkeypatch: pytest.MonkeyPatch) -> Exam:
    """For the engine it is large."""
    monkeypatch.setattr(probing, "LARGE", 100)
    exam = make_exam()
    fill(exam, per_task=80)
    # Of what no transaction has committed a server knows nothing, and may plan for empty tables.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE questions_question, questions_questionversion")
    return exam


def unsaved(user: User, exam: Exam, mode: Mode, seed: int = 1, **recipe: Any) -> Attempt:
    return Attempt(user=user, exam=exam, mode=mode, recipe=Recipe(**recipe).as_json(), seed=seed)


def asked(attempt: Attempt) -> list[int]:
    return [place.question_id for place in assemble(attempt, now=timezone.now())]


@pytest.mark.parametrize("mode", [Mode.MOCK, Mode.HALF])
def test_a_mock_follows_the_blueprint_and_is_rebuilt_by_its_seed(
    candidate: User, exam: Exam, mode: Mode
) -> None:
    places = assemble(unsaved(candidate, exam, mode), now=timezone.now())
    codes = dict(Task.objects.values_list("pk", "domain__code"))
    shares = Counter(codes[place.task_id] for place in places if place.scored)
    assert dict(shares) == (
        {"1": 14, "2": 13, "3": 11, "4": 12}
        if mode is Mode.MOCK
        else {"1": 7, "2": 7, "3": 5, "4": 6}
    )
    tasks = Counter(place.task_id for place in places)
    assert max(tasks.values()) - min(tasks.values()) <= 3
    assert places == assemble(unsaved(candidate, exam, mode), now=timezone.now())
    assert asked(unsaved(candidate, exam, mode)) != asked(unsaved(candidate, exam, mode, seed=2))


def test_it_is_not_read_whole(candidate: User, exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = unsaved(candidate, exam, Mode.MOCK)
    seen: list[int] = []
    whole = drawing.with_options

    def spy(picks: Any, pool: Any, rng: Any) -> Any:
        seen.append(len(pool))
        return whole(picks, pool, rng)

    monkeypatch.setattr(drawing, "with_options", spy)
    asked(attempt)
    assert 0 < seen[0] < 0.8 * exam.questions.count()


def test_the_newest_are_tried_out(candidate: User, exam: Exam) -> None:
    newest = set(exam.questions.order_by("-pk")[:15].values_list("pk", flat=True))
    exam.questions.exclude(pk__in=newest).update(created_at=OLD)
    places = assemble(unsaved(candidate, exam, Mode.MOCK), now=timezone.now())
    last_domain = {p.question_id for p in places if not p.scored} & newest
    # All of the newest belong to the last task, whose domain has four places to try out.
    assert len(last_domain) == 4


def test_nothing_is_asked_twice_while_something_new_is_left(candidate: User, exam: Exam) -> None:
    first = begin(candidate, exam)
    seen = set(first.responses.values_list("question_id", flat=True))
    Attempt.objects.filter(pk=first.pk).update(
        closed_at=first.deadline,
        close_reason="expired",
        scored_correct=0,
        scored_items=50,
        scaled_score=100,
        passed=False,
    )
    assert not seen & set(asked(unsaved(candidate, exam, Mode.MOCK)))
    for source in (Source.ALL, Source.UNSEEN):
        drill = unsaved(candidate, exam, Mode.STUDY, items=60, source=source)
        assert len(asked(drill)) == 60
        assert not seen & set(asked(drill))


@pytest.mark.parametrize("source", [Source.ALL, Source.UNSEEN, Source.WEAKEST])
def test_what_is_rare_is_found_all_the_same(candidate: User, exam: Exam, source: Source) -> None:
    rare = exam.questions.filter(published__kind=Kind.MATCHING)
    keep = list(rare[:6].values_list("pk", flat=True))
    Question.objects.filter(pk__in=rare.exclude(pk__in=keep).values("pk")).update(
        retired_at=timezone.now()
    )
    drill = unsaved(
        candidate, exam, Mode.STUDY, items=10, source=source, kinds=(Kind.MATCHING.value,)
    )
    assert set(asked(drill)) == set(keep)


def test_a_custom_exam_that_a_large_bank_hardly_supplies_is_supplied(
    candidate: User, exam: Exam
) -> None:
    exam.questions.filter(published__task__code__in=["3.1", "3.2"]).update(
        retired_at=timezone.now()
    )
    custom = unsaved(
        candidate, exam, Mode.CUSTOM, items=80, minutes=9, domains=("3",), tasks=("3.3",)
    )
    assert len(asked(custom)) == 80


def test_a_small_exam_in_a_large_bank_is_looked_at_whole(candidate: User, exam: Exam) -> None:
    small = make_exam(slug="small", items=8, scored_items=8)
    fill(small, per_task=2)
    drill = unsaved(candidate, small, Mode.STUDY, items=30)
    assert len(asked(drill)) == 24
