"""A content load beside authors and candidates, forced to meet, by real threads on real Postgres.

Each test stops one side right after a statement that matters until the other side got as far as
the test wants it, so that the two meet every time.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from PIL import Image

from questions import bank
from questions.content import Content, InvalidContent
from questions.models import Domain, Exam, NoteSection, Question, QuestionVersion, Task
from tests.authored import content, many_questions, question, question_content, section
from tests.people import CandidateFactory
from tests.sittings import begin

pytestmark = pytest.mark.django_db(transaction=True)

# How long one side waits for the other before the test goes on without it.
PATIENCE = 3
LOCKS_SECTIONS = r'FROM "questions_notesection".*FOR (NO KEY )?UPDATE'
LOCKS_QUESTIONS = r'FROM "questions_question".*FOR (NO KEY )?UPDATE'
INSERTS_QUESTION = r'INSERT INTO "questions_question" '
INSERTS_TASK = r'INSERT INTO "questions_task" '
STORES_IMAGE = r'(INSERT INTO|UPDATE) "questions_noteimage"'
ENDS_LOAD = r'UPDATE "questions_exam" SET "content_digest"'


@dataclass
class Stop:
    """Stops its thread after the first statement that matches, until ``go`` or impatience."""

    statement: str
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    went_on_alone: bool = False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if not self.reached.is_set() and re.search(self.statement, sql):
            self.reached.set()
            self.went_on_alone = not self.go.wait(PATIENCE)
        return result


def run(job: Callable[[], Any], stop: Stop | None = None) -> Any:
    """``job`` on a connection of its own that is closed afterwards."""
    with closing(connection):
        if stop is None:
            return job()
        with connection.execute_wrapper(stop):
            return job()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield pool


def load(written: Content) -> bank.Loaded:
    return bank.load(written, now=timezone.now())


def stopped(pool: ThreadPoolExecutor, stop: Stop, job: Callable[[], Any]) -> Future[Any]:
    """``job`` under way, just after the statement of ``stop``."""
    future = pool.submit(run, job, stop)
    assert stop.reached.wait(PATIENCE * 5), "the statement to stop at never ran"
    return future


def edited(difficulty: int) -> QuestionVersion:
    row = Question.objects.get(slug="orders-move")
    return bank.publish_version(row, question_content(difficulty=difficulty), by=None)


# ---- Authors -----------------------------------------------------------------------------------


def test_a_load_and_an_author_who_publishes_do_not_deadlock(pool: ThreadPoolExecutor) -> None:
    load(content(question()))
    of_load, of_author = Stop(LOCKS_SECTIONS), Stop(LOCKS_QUESTIONS)
    loading = stopped(pool, of_load, lambda: load(content(question(difficulty=3))))
    publishing = stopped(pool, of_author, lambda: edited(1))
    of_load.go.set()
    of_author.go.set()
    assert publishing.result().number == 2
    # The load waited for the author's version, and keeps it.
    assert loading.result().questions.kept == ("orders-move",)


def test_a_load_sees_what_was_published_while_it_waited(pool: ThreadPoolExecutor) -> None:
    load(content(question()))
    Question.objects.update(loaded_digest="")  # as one that was written in the admin
    publishing = Stop(LOCKS_QUESTIONS)
    author = stopped(pool, publishing, lambda: edited(1))
    loading = pool.submit(run, lambda: load(content(question(difficulty=3))))
    assert is_somebody_waiting()
    publishing.go.set()
    assert author.result().number == 2
    assert loading.result().questions.kept == ("orders-move",)
    assert Question.objects.get().published == QuestionVersion.objects.get(number=2)


def test_a_question_added_during_a_load_of_its_file_is_kept(pool: ThreadPoolExecutor) -> None:
    load(content(question("other")))
    adding = Stop(INSERTS_QUESTION)
    exam = Exam.objects.get()
    new = question_content(difficulty=1)
    author = stopped(pool, adding, lambda: bank.add_question(exam, "orders-move", new, by=None))
    loading = pool.submit(run, lambda: load(content(question(difficulty=3), question("other"))))
    assert is_somebody_waiting()
    adding.go.set()
    author.result()
    assert loading.result().questions.kept == ("orders-move",)
    assert Question.objects.get(slug="orders-move").versions.count() == 1


def test_a_name_that_a_load_takes_first_is_refused_to_the_author(pool: ThreadPoolExecutor) -> None:
    load(content(question("other")))
    ending = Stop(ENDS_LOAD)
    exam = Exam.objects.get()
    loading = stopped(pool, ending, lambda: load(content(question(), question("other"))))
    author = pool.submit(
        run, lambda: bank.add_question(exam, "orders-move", question_content(), by=None)
    )
    assert is_somebody_waiting()
    ending.go.set()
    assert loading.result().questions.added == ("orders-move",)
    with pytest.raises(InvalidContent, match="is the name of another question"):
        author.result()


def test_of_two_tasks_of_one_code_written_at_once_the_second_is_refused(
    pool: ThreadPoolExecutor,
) -> None:
    load(content(question()))
    first, second = Domain.objects.filter(code__in=("1", "2")).order_by("code")
    writing = Stop(INSERTS_TASK)

    def add(domain: Domain) -> None:
        with transaction.atomic():
            Task.objects.create(domain=domain, code="9.9", title="New")

    adding = stopped(pool, writing, lambda: add(first))
    other = pool.submit(run, lambda: add(second))
    assert is_somebody_waiting()
    writing.go.set()
    adding.result()
    with pytest.raises(IntegrityError, match="Domain 1 has a task"):
        other.result()


# ---- Candidates --------------------------------------------------------------------------------


def test_a_start_does_not_wait_for_a_load_that_changes_every_question(
    pool: ThreadPoolExecutor,
) -> None:
    questions = many_questions(24)
    folder = content(*questions)
    exam = folder.exam.model_copy(update={"items": 4, "scored_items": 4})
    load(replace(folder, exam=exam))
    harder = tuple(
        replace(one, content=one.content.model_copy(update={"difficulty": 3})) for one in questions
    )
    ending = Stop(ENDS_LOAD)
    loading = stopped(pool, ending, lambda: load(replace(folder, exam=exam, questions=harder)))
    candidate = CandidateFactory.create()
    attempt = begin(candidate, Exam.objects.get())
    ending.go.set()
    assert len(loading.result().questions.changed) == 24
    assert not ending.went_on_alone, "the start waited until the load went on"
    drawn = attempt.responses.values_list("version__number", flat=True)
    assert set(drawn) == {1}  # those of before the load, which had not ended


# ---- Images ------------------------------------------------------------------------------------


def png(color: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", (4, 4), color).save(out, "PNG")
    return out.getvalue()


def test_an_uploaded_image_and_a_load_that_has_it_too_do_not_deadlock(
    pool: ThreadPoolExecutor, tmp_path: Any, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    images = tmp_path / "images"
    images.mkdir()
    (images / "a.png").write_bytes(png("red"))
    folder = replace(content(question(), sections=(section(body="![An a](a.png)"),)), images=images)
    load(folder)
    (images / "a.png").write_bytes(png("blue"))
    exam = Exam.objects.get()
    uploading, of_load = Stop(STORES_IMAGE), Stop(LOCKS_SECTIONS)
    loading = stopped(pool, of_load, lambda: load(folder))
    upload = pool.submit(run, lambda: bank.store_image(exam, "a.png", png("green")), uploading)
    # Either the upload waits for the sections already, or it has the image's row.
    assert uploading.reached.wait(1) or is_somebody_waiting()
    of_load.go.set()
    uploading.go.set()
    loading.result()
    upload.result()


def test_an_uploaded_image_does_not_undo_an_edit_of_the_notes_that_show_it(
    pool: ThreadPoolExecutor, tmp_path: Any, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    before = section(body="![An a](a.png)")
    load(content(question(), sections=(before,)))
    exam = Exam.objects.get()
    saving = Stop(LOCKS_SECTIONS)
    after = replace(before, body="Edited. ![An a](a.png)")
    author = stopped(pool, saving, lambda: bank.save_section(exam, after))
    upload = pool.submit(run, lambda: bank.store_image(exam, "a.png", png("green")))
    assert is_somebody_waiting()
    saving.go.set()
    author.result()
    upload.result()
    row = NoteSection.objects.get()
    assert row.body == after.body
    assert "<img" in row.html


def is_somebody_waiting() -> bool:
    """Whether, before long, a connection to this database waits for a lock."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    for _ in range(PATIENCE * 20):
        with connection.cursor() as cursor:
            cursor.execute(f"{asked} AND wait_event_type = 'Lock'")
            if cursor.fetchone() != (0,):
                return True
        time.sleep(0.05)
    return False
