"""What the bank can supply, over exams that share questions."""

import pytest
from django.utils import timezone

from accounts.models import User
from exams.assembly.selection import BankTooSmall
from exams.assembly.supply import Supply, drawable, supplies
from exams.engine import attempts
from questions import bank
from questions.content import read_folder
from questions.kinds import Kind
from questions.models import Exam, GuestTask, Question, QuestionVersion, Task
from tests.authored import FIXTURES
from tests.bank import fill, make_exam, make_version
from tests.sittings import answer_rightly, begin

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Exam:
    """An exam with questions, whose every question serves ``guest`` too."""
    exam = make_exam(slug="home", code="HOME")
    fill(exam, per_task=7)
    return exam


@pytest.fixture
def guest(home: Exam) -> Exam:
    """An exam without questions of its own, which asks two kinds only."""
    exam = make_exam(slug="guest", code="GUEST", kinds=["choice", "response"])
    tasks = dict(Task.objects.filter(domain__exam=exam).values_list("code", "pk"))
    GuestTask.objects.bulk_create(
        GuestTask(questionversion_id=pk, task_id=tasks[code])
        for pk, code in QuestionVersion.objects.values_list("pk", "task__code")
    )
    return exam


def supply_of(exam: Exam) -> Supply:
    (supply,) = supplies(Exam.objects.filter(pk=exam.pk))
    return supply


def shares(supply: Supply) -> list[tuple[str, int, int, int]]:
    return [(d.domain.code, d.needed, d.available, d.forms) for d in supply.domains]


def test_each_domain_says_for_how_many_forms_it_suffices(home: Exam) -> None:
    supply = supply_of(home)
    assert shares(supply) == [
        ("1", 18, 21, 1),
        ("2", 17, 21, 1),
        ("3", 14, 21, 1),
        ("4", 16, 21, 1),
    ]
    assert (supply.forms, supply.shortages) == (1, [])
    fill(home, per_task=7)
    supply = supply_of(home)
    assert (supply.forms, [d.domain.code for d in supply.limiting]) == (2, ["1", "2", "4"])


def test_guests_count_where_their_kind_is_asked(home: Exam, guest: Exam) -> None:
    supply = supply_of(guest)
    asked = Question.objects.filter(published__kind__in=guest.kinds).count()
    assert sum(domain.available for domain in supply.domains) == asked
    assert len(drawable(guest)) == asked < len(drawable(home))
    assert {question.home for question in drawable(guest)} == {"home"}


def test_the_shortage_foretold_is_the_one_that_refuses_the_start(
    guest: Exam, candidate: User
) -> None:
    with pytest.raises(BankTooSmall) as refused:
        begin(candidate, guest)
    assert list(refused.value.shortages) == supply_of(guest).shortages
    assert {short.domain for short in refused.value.shortages} == {"1", "2", "3", "4"}


def test_a_form_of_guests_is_marked_by_the_tasks_of_its_own_exam(
    home: Exam, guest: Exam, candidate: User
) -> None:
    fill_with_guests(home, guest, per_task=7)
    attempt = begin(candidate, guest)
    tasks = {response.task.domain.exam for response in attempt.responses.all()}
    assert tasks == {guest}
    assert {response.version.kind for response in attempt.responses.all()} <= set(guest.kinds)
    answer_rightly(attempt, 50)
    closed = attempts.submit(user=candidate, attempt_id=attempt.pk, now=attempt.started_at)
    assert (closed.scored_correct, closed.passed) == (50, True)


def fill_with_guests(home: Exam, guest: Exam, *, per_task: int) -> None:
    before = set(QuestionVersion.objects.values_list("pk", flat=True))
    fill(home, per_task=per_task, kinds=[Kind.CHOICE])
    tasks = dict(Task.objects.filter(domain__exam=guest).values_list("code", "pk"))
    for version in QuestionVersion.objects.exclude(pk__in=before).select_related("task"):
        version.also.add(tasks[version.task.code])


def test_what_was_seen_in_one_exam_is_seen_in_the_other(
    home: Exam, guest: Exam, candidate: User
) -> None:
    fill_with_guests(home, guest, per_task=14)
    first = begin(candidate, guest)
    attempts.submit(user=candidate, attempt_id=first.pk, now=first.started_at)
    second = begin(candidate, home)
    seen = set(first.responses.values_list("question_id", flat=True))
    assert not seen & set(second.responses.values_list("question_id", flat=True))


def test_questions_of_the_same_name_in_two_exams_are_two(candidate: User) -> None:
    one, other = make_exam(slug="one"), make_exam(slug="other", items=2, scored_items=2)
    task = Task.objects.get(domain__exam=other, code="1.1")
    for exam in (one, other):
        question = Question.objects.create(exam=exam, slug="same")
        home = Task.objects.get(domain__exam=exam, code="1.1")
        version = make_version(question, home, Kind.CHOICE, enemies=["same-enemy"])
        version.save()
        Question.objects.filter(pk=question.pk).update(published=version)
        if exam == one:
            version.also.add(task)
    found = drawable(other)
    assert [question.name for question in found] == ["one/same", "other/same"]
    assert found[0].enemy_names == {"one/same-enemy"}
    assert supply_of(other).domains[0].available == 2


def test_retired_questions_are_no_supply(home: Exam, guest: Exam) -> None:
    Question.objects.update(retired_at=timezone.now())
    assert drawable(home) == drawable(guest) == []
    assert supply_of(home).forms == 0


def test_an_exam_without_domains_supplies_nothing() -> None:
    supply = supply_of(Exam.objects.create(slug="bare", code="BARE", title="Bare", **FORMAT))
    assert (supply.forms, supply.limiting, supply.shortages) == (0, [], [])


FORMAT = {
    "items": 1,
    "scored_items": 1,
    "minutes": 1,
    "scale_min": 0,
    "scale_max": 2,
    "pass_mark": 1,
    "kinds": ["choice"],
}


def test_the_shipped_bank_supplies_every_shipped_exam_as_foretold(candidate: User) -> None:
    folders = sorted(path.parent for path in FIXTURES.glob("*/exam.yaml"))
    bank.load_all([read_folder(folder) for folder in folders], now=timezone.now())
    for supply in supplies(Exam.objects.order_by("slug")):
        if supply.shortages:
            with pytest.raises(BankTooSmall) as refused:
                begin(candidate, supply.exam)
            assert list(refused.value.shortages) == supply.shortages
        else:
            attempt = begin(candidate, supply.exam)
            assert attempt.responses.count() == supply.exam.items
            kinds = set(attempt.responses.values_list("version__kind", flat=True))
            assert kinds <= set(supply.exam.kinds)
