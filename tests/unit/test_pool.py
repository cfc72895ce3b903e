"""A bank is drawn from without being read: the same rules hold whatever its size."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from exams.assembly import assemble as drawing
from exams.assembly.assemble import assemble
from exams.assembly.selection import BankTooSmall
from exams.models import Attempt, CloseReason, Mode, Response
from exams.recipes import Recipe, Source
from questions.kinds import Kind
from questions.models import (
    Exam,
    GuestTask,
    NoteSection,
    Question,
    QuestionVersion,
    Task,
    VersionNote,
)
from tests.bank import fill, make_exam, make_version
from tests.sittings import begin

pytestmark = pytest.mark.django_db

OLD = "2020-01-01T00:00:00Z"


@pytest.fixture
def exam() -> Exam:
    """Of each task it has a few times as many questions as are read for a draw."""
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


def test_the_very_newest_are_tried_out_wherever_a_walk_begins(candidate: User, exam: Exam) -> None:
    newest = set(exam.questions.order_by("-pk")[:4].values_list("pk", flat=True))
    exam.questions.exclude(pk__in=newest).update(created_at=OLD)
    for seed in range(5):
        places = assemble(unsaved(candidate, exam, Mode.MOCK, seed), now=timezone.now())
        assert newest <= {place.question_id for place in places if not place.scored}


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


def test_a_custom_exam_that_the_bank_hardly_supplies_is_supplied(
    candidate: User, exam: Exam
) -> None:
    exam.questions.filter(published__task__code__in=["3.1", "3.2"]).update(
        retired_at=timezone.now()
    )
    custom = unsaved(
        candidate, exam, Mode.CUSTOM, items=80, minutes=9, domains=("3",), tasks=("3.3",)
    )
    assert len(asked(custom)) == 80


def test_all_of_a_small_exam_beside_a_large_one_can_be_drawn(candidate: User, exam: Exam) -> None:
    small = make_exam(slug="small", items=8, scored_items=8)
    fill(small, per_task=2)
    drill = unsaved(candidate, small, Mode.STUDY, items=30)
    assert len(asked(drill)) == 24


# ---- What was asked before ---------------------------------------------------------------------


def ask(user: User, exam: Exam, questions: Iterable[Question], *, is_open: bool = False) -> None:
    """Put ``questions`` into an attempt of ``user``; a closed one missed them all."""
    now = timezone.now()
    closed = {
        "closed_at": now,
        "close_reason": CloseReason.SUBMITTED,
        "scored_correct": 0,
        "scored_items": 1,
        "scaled_score": 100,
        "passed": False,
    }
    attempt = Attempt.objects.create(
        user=user,
        exam=exam,
        mode=Mode.MOCK,
        seed=1,
        started_at=now,
        deadline=now + timedelta(hours=2),
        **({} if is_open else closed),
    )
    Response.objects.bulk_create(
        Response(
            attempt=attempt,
            position=position,
            question=question,
            version=version,
            task=version.task,
            scored=True,
            option_order=["a", "b"],
            is_correct=None if is_open else False,
        )
        for position, question in enumerate(questions, start=1)
        if (version := question.published)
    )


def of_exam(exam: Exam) -> list[Question]:
    return list(exam.questions.select_related("published__task").order_by("pk"))


def times_seen(user: User, picked: Iterable[int]) -> Counter[int]:
    """How many of ``picked`` were asked how often."""
    asked_ids = Response.objects.filter(attempt__user=user).values_list("question", flat=True)
    times = Counter(asked_ids)
    return Counter(times[question] for question in picked)


def test_who_has_seen_all_is_asked_what_was_seen_least(candidate: User, exam: Exam) -> None:
    every = of_exam(exam)
    per_task = [every[start : start + 80] for start in range(0, len(every), 80)]
    ask(candidate, exam, every)
    ask(candidate, exam, [one for of_task in per_task for one in of_task[8:]])
    # Of each task eight were asked once: of a domain with 18 places there are 24.
    mock = unsaved(candidate, exam, Mode.MOCK)
    drill = unsaved(candidate, exam, Mode.STUDY, items=65, source=Source.MISSED)
    for attempt in (mock, drill):
        assert times_seen(candidate, asked(attempt)) == {1: 65}


def test_what_is_left_unseen_comes_before_what_was_seen(candidate: User, exam: Exam) -> None:
    every = of_exam(exam)
    unseen = {one.pk for one in every[::80]}
    ask(candidate, exam, [one for one in every if one.pk not in unseen])
    assert unseen <= set(asked(unsaved(candidate, exam, Mode.MOCK)))
    assert unseen <= set(asked(unsaved(candidate, exam, Mode.STUDY, items=20)))
    drill = unsaved(candidate, exam, Mode.STUDY, items=20, source=Source.UNSEEN)
    assert set(asked(drill)) == unseen


def test_a_weak_task_repeats_itself_before_others_take_its_share(
    candidate: User, exam: Exam
) -> None:
    weak = Task.objects.get(domain__exam=exam, code="1.1")
    every = of_exam(exam)
    ask(candidate, exam, [one for one in every if one.published and one.published.task == weak])
    drill = unsaved(candidate, exam, Mode.STUDY, items=60, source=Source.WEAKEST)
    places = assemble(drill, now=timezone.now())
    of_task = Counter(place.task_id for place in places)
    # Its weight is (81/82)² against (1/2)² of each of the eleven others.
    assert of_task[weak.pk] == 16
    assert max(n for task, n in of_task.items() if task != weak.pk) == 4


def test_what_an_open_exam_asks_is_not_drilled_and_comes_last_in_another(
    candidate: User, exam: Exam
) -> None:
    every = of_exam(exam)
    other = make_exam(slug="other")
    open_ones = {one.pk for one in every[:950]}
    ask(candidate, other, every[:950], is_open=True)
    drill = unsaved(candidate, exam, Mode.STUDY, items=60)
    assert set(asked(drill)) == {one.pk for one in every[950:]}
    # Domain 4 has ten questions that are not asked elsewhere, and sixteen places.
    assert {one.pk for one in every[950:]} <= set(asked(unsaved(candidate, exam, Mode.MOCK)))
    assert len(open_ones & set(asked(unsaved(candidate, exam, Mode.MOCK)))) == 55


# ---- Enemies and shortages ---------------------------------------------------------------------


def add_enemies(exam: Exam, *, per_task: int) -> None:
    """Questions for every task of which no two may share a form."""
    slugs = [f"enemy-{number}" for number in range(12 * per_task)]
    tasks = list(Task.objects.filter(domain__exam=exam)) * per_task
    questions = Question.objects.bulk_create(Question(exam=exam, slug=slug) for slug in slugs)
    versions = QuestionVersion.objects.bulk_create(
        make_version(question, task, Kind.CHOICE, enemies=[s for s in slugs if s != question.slug])
        for question, task in zip(questions, tasks, strict=True)
    )
    for question, version in zip(questions, versions, strict=True):
        question.published = version
    Question.objects.bulk_update(questions, ["published"])


def test_enemies_that_fill_what_is_read_first_do_not_make_the_bank_too_small(
    candidate: User,
) -> None:
    exam = make_exam()
    fill(exam, per_task=6)
    add_enemies(exam, per_task=30)
    picked = asked(unsaved(candidate, exam, Mode.MOCK))
    assert len(picked) == 65
    enemies = Question.objects.filter(pk__in=picked, slug__startswith="enemy-")
    assert enemies.count() <= 1


def test_a_domain_that_lacks_questions_is_refused_without_reading_the_others(
    candidate: User, exam: Exam
) -> None:
    tasks = Task.objects.filter(domain__exam=exam, domain__code="3")
    exam.questions.filter(published__task__in=tasks).update(retired_at=timezone.now())
    attempt = unsaved(candidate, exam, Mode.MOCK)
    with CaptureQueriesContext(connection) as captured, pytest.raises(BankTooSmall) as refused:
        asked(attempt)
    assert [(s.domain, s.needed, s.available) for s in refused.value.shortages] == [("3", 14, 0)]
    assert len(captured) == 3  # blueprint, tasks, pool


def test_a_draw_takes_three_statements(
    candidate: User, exam: Exam, django_assert_num_queries: Any
) -> None:
    mock, drill = (unsaved(candidate, exam, mode, items=20) for mode in (Mode.MOCK, Mode.STUDY))
    with django_assert_num_queries(4):  # blueprint, tasks, pool, options
        asked(mock)
    with django_assert_num_queries(3):  # tasks, pool, options
        asked(drill)


# ---- Guests and sections -----------------------------------------------------------------------


def test_guests_are_drawn_by_the_rules_of_questions_at_home(candidate: User, exam: Exam) -> None:
    host = make_exam(slug="host")
    tasks = dict(Task.objects.filter(domain__exam=host).values_list("code", "pk"))
    served = QuestionVersion.objects.select_related("task").order_by("pk")
    GuestTask.objects.bulk_create(
        GuestTask(questionversion=version, task_id=tasks[version.task.code]) for version in served
    )
    newest = set(exam.questions.order_by("-pk")[:4].values_list("pk", flat=True))
    exam.questions.exclude(pk__in=newest).update(created_at=OLD)
    places = assemble(unsaved(candidate, host, Mode.MOCK), now=timezone.now())
    assert {place.task_id for place in places} == set(tasks.values())
    assert newest <= {place.question_id for place in places if not place.scored}
    narrow = unsaved(candidate, host, Mode.STUDY, items=60, kinds=("ordering",), difficulties=(2,))
    kinds = exam.questions.filter(pk__in=asked(narrow)).values_list("published__kind", flat=True)
    assert list(kinds) == ["ordering"] * 60


def test_a_link_copies_what_draws_ask_of_its_version(exam: Exam) -> None:
    version = QuestionVersion.objects.filter(kind=Kind.MATCHING)[0]
    version.also.add(Task.objects.filter(domain__exam=make_exam(slug="host"))[0])
    link = GuestTask.objects.get()
    assert (link.question_id, link.kind, link.difficulty) == (version.question_id, "matching", 2)


def test_a_section_is_drawn_from_alone(candidate: User, exam: Exam) -> None:
    section = NoteSection.objects.create(exam=exam, anchor="new", title="New", position=2)
    versions = list(QuestionVersion.objects.order_by("pk")[::40])
    VersionNote.objects.bulk_create(
        VersionNote(version=version, section=section, position=2) for version in versions
    )
    of_section = {version.question_id for version in versions}
    every = of_exam(exam)
    ask(candidate, exam, every)
    for source in (Source.ALL, Source.MISSED, Source.WEAKEST):
        drill = unsaved(candidate, exam, Mode.STUDY, items=60, source=source)
        drill.section = section
        assert set(asked(drill)) == of_section


# ---- Chance ------------------------------------------------------------------------------------


def test_every_question_of_a_task_comes_up(candidate: User, exam: Exam) -> None:
    """Where a walk begins decides which are read; where they stand must not keep any away."""
    drawn = Counter[int]()
    for seed in range(60):
        drawn.update(asked(unsaved(candidate, exam, Mode.STUDY, seed, items=20, tasks=("1.1",))))
    of_task = exam.questions.filter(published__task__code="1.1").values_list("pk", flat=True)
    assert set(drawn) == set(of_task)
    assert max(drawn.values()) < 4 * 60 * 20 / 80
