"""Migrations of data, from rows as an earlier version left them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def before_modes() -> Iterator[Any]:
    """The models as they were when an attempt was a mock or a practice of a section."""
    executor = MigrationExecutor(connection)
    executor.migrate([("exams", "0002_journal_only_grows"), ("accounts", "0001_initial")])
    yield executor.loader.project_state(
        [("exams", "0002_journal_only_grows"), ("accounts", "0001_initial")]
    ).apps
    call_command("migrate", verbosity=0)


def test_practices_of_a_section_become_study_that_names_the_section(before_modes: Any) -> None:
    user = before_modes.get_model("accounts", "User").objects.create(email="old@example.org")
    exam = before_modes.get_model("questions", "Exam").objects.create(
        slug="x",
        code="X",
        items=10,
        scored_items=8,
        minutes=10,
        scale_min=100,
        scale_max=1000,
        pass_mark=720,
        kinds=["choice"],
    )
    section = before_modes.get_model("questions", "NoteSection").objects.create(
        exam=exam, anchor="glue", title="Glue", position=1
    )
    now = timezone.now()
    old = before_modes.get_model("exams", "Attempt").objects
    common = {"user": user, "exam": exam, "seed": 1, "started_at": now}
    mock = old.create(mode="mock", deadline=now + timedelta(hours=2), **common)
    practice = old.create(
        mode="section", section=section, deadline=now + timedelta(minutes=20), **common
    )

    call_command("migrate", verbosity=0)
    from exams.models import Attempt

    assert Attempt.objects.get(pk=mock.pk).mode == "mock"
    study = Attempt.objects.get(pk=practice.pk)
    assert (study.mode, study.recipe) == ("study", {"section": "glue"})
    assert study.title == "X study: Glue"
    assert study.deadline == practice.deadline


def test_attempts_of_before_get_the_rules_of_their_exam(before_modes: Any) -> None:
    before_modes.get_model("accounts", "User").objects.create(email="old@example.org")
    call_command("migrate", verbosity=0)
    from accounts.models import User
    from exams.assembly.assemble import Wanted
    from exams.engine import attempts
    from exams.models import Attempt, Mode
    from exams.recipes import Recipe
    from tests.bank import fill, make_exam

    exam = make_exam(slug="small", items=8, scored_items=6, minutes=33)
    fill(exam, per_task=2)
    user, now = User.objects.get(email="old@example.org"), timezone.now()
    begun = {}
    for wanted in (
        Wanted(),
        Wanted(mode=Mode.HALF),
        Wanted(mode=Mode.CUSTOM, recipe=Recipe(items=4, minutes=7)),
        Wanted(mode=Mode.STUDY, recipe=Recipe(items=4)),
    ):
        attempt = attempts.start(user=user, exam=exam, now=now, wanted=wanted)
        attempts.submit(user=user, attempt_id=attempt.pk, now=now)
        # Extra minutes were not scaled when they began: what that needs is not made up for them.
        begun[attempt.pk] = {k: v for k, v in (attempt.rules or {}).items() if k != "full_minutes"}
    executor = MigrationExecutor(connection)
    executor.migrate([("exams", "0007_words")])
    call_command("migrate", verbosity=0)
    assert dict(Attempt.objects.values_list("pk", "rules")) == begun


@pytest.fixture
def before_guests_were_copied() -> Iterator[Any]:
    """The models as they were when a link to a task named nothing but the version."""
    before = [("questions", "0008_options_only_checks")]
    executor = MigrationExecutor(connection)
    executor.migrate(before)
    yield executor.loader.project_state(before).apps
    call_command("migrate", verbosity=0)


def test_links_to_tasks_that_are_there_learn_of_their_questions(
    before_guests_were_copied: Any,
) -> None:
    def old(name: str) -> Any:
        return before_guests_were_copied.get_model("questions", name)

    exam = old("Exam").objects.create(
        slug="x",
        code="X",
        items=1,
        scored_items=1,
        minutes=1,
        scale_min=0,
        scale_max=2,
        pass_mark=1,
        kinds=["choice"],
    )
    domain = old("Domain").objects.create(exam=exam, code="1", title="One", weight=100)
    task = old("Task").objects.create(domain=domain, code="1.1", title="Task")
    question = old("Question").objects.create(exam=exam, slug="q")
    version = old("QuestionVersion").objects.create(
        question=question,
        number=1,
        kind="choice",
        task=task,
        difficulty=3,
        options=[],
        rationales={},
        key=["a"],
        key_size=1,
        verified="2026-11-23",
    )
    version.also.add(task)

    call_command("migrate", verbosity=0)
    from questions.models import GuestTask

    link = GuestTask.objects.get()
    assert (link.questionversion_id, link.task_id) == (version.pk, task.pk)
    assert (link.question_id, link.kind, link.difficulty) == (question.pk, "choice", 3)
    # A server of the release before goes on writing without the new columns.
    link.delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO questions_questionversion_also (questionversion_id, task_id)"
            " VALUES (%s, %s)",
            [version.pk, task.pk],
        )
    assert GuestTask.objects.get().question_id == question.pk
