"""What is counted for a practice is what can be drawn."""

from itertools import product
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from exams.assembly.assemble import Wanted, assemble
from exams.assembly.fit import Help, fit
from exams.engine import attempts
from exams.models import Attempt, Mode
from exams.recipes import Recipe, Source
from questions.models import Exam, NoteSection
from tests.bank import fill, make_exam
from tests.sittings import begin

pytestmark = pytest.mark.django_db

NARROWER: list[dict[str, Any]] = [
    {},
    {"domains": ("1", "3")},
    {"tasks": ("1.1", "2.2")},
    {"domains": ("1",), "tasks": ("2.1",)},
    {"kinds": ("matching",)},
    {"difficulties": (3,)},
    {"difficulties": (2,), "kinds": ("choice", "response"), "domains": ("4",)},
]
SOURCES = (Source.ALL, Source.UNSEEN, Source.MISSED, Source.WEAKEST)


@pytest.fixture
def exam(candidate: User) -> Exam:
    """A bank of which the candidate has missed a part."""
    exam = make_exam(items=20, scored_items=20)
    fill(exam, per_task=5)
    sat = begin(candidate, exam)
    attempts.submit(user=candidate, attempt_id=sat.pk, now=sat.started_at)
    return exam


@pytest.mark.parametrize("mode", [Mode.STUDY, Mode.CUSTOM])
def test_as_many_as_fit_are_drawn_and_no_more_could_be(
    candidate: User, exam: Exam, mode: Mode
) -> None:
    for source, narrower in product(SOURCES, NARROWER):
        recipe = Recipe(items=50, minutes=9, source=source, **narrower)
        fitting = fit(candidate, exam, Wanted(mode=mode, recipe=recipe), now=timezone.now())
        longest = Recipe(items=fitting.largest, minutes=9, source=source, **narrower)
        attempt = Attempt(user=candidate, exam=exam, mode=mode, recipe=longest.as_json(), seed=3)
        drawn = assemble(attempt, now=timezone.now()) if fitting.largest else []
        assert len(drawn) == fitting.largest, (source, narrower)
        assert fitting.largest <= min(fitting.found, 50)


def test_what_would_help_is_said_with_what_it_brings(candidate: User, exam: Exam) -> None:
    def helps(**fields: Any) -> tuple[Help, ...]:
        wanted = Wanted(mode=Mode.STUDY, recipe=Recipe(items=10, **fields))
        return fit(candidate, exam, wanted, now=timezone.now()).helps

    assert helps(tasks=("1.1",)) == (Help("all domains and tasks", 10),)
    assert helps(source=Source.FLAGGED) == (Help("all questions", 10),)
    assert helps(difficulties=(3,)) == (Help("every difficulty", 10),)
    # One condition less brings something only where it alone stands in the way.
    assert helps(source=Source.FLAGGED, difficulties=(3,)) == ()
    of_task = helps(tasks=("1.1",), kinds=("choice",))
    assert [help_.what for help_ in of_task] == ["all domains and tasks", "all kinds"]
    assert of_task[1].largest == 5


def test_another_section_would_help(candidate: User, exam: Exam) -> None:
    empty = NoteSection.objects.create(exam=exam, anchor="new", title="New", position=2)
    wanted = Wanted(mode=Mode.STUDY, recipe=Recipe(items=10, section="new"), section=empty)
    counted = fit(candidate, exam, wanted, now=timezone.now())
    assert (counted.found, counted.helps) == (0, (Help("any section of the notes", 10),))


def test_a_count_reads_no_question(
    candidate: User, exam: Exam, django_assert_num_queries: Any
) -> None:
    for mode, statements in ((Mode.STUDY, 2), (Mode.CUSTOM, 3)):
        wanted = Wanted(mode=mode, recipe=Recipe(items=5, minutes=9))
        with django_assert_num_queries(statements):
            assert fit(candidate, exam, wanted, now=timezone.now()).is_enough
