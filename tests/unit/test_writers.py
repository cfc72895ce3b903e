"""Who writes which table. Whoever reads a module's docstring may rely on this list."""

import textwrap
from dataclasses import replace
from types import ModuleType

import pytest
from django.urls import get_resolver

from accounts.models import User
from exams.models import Attempt, Response
from questions.models import Exam, NoteSection, Question, QuestionVersion
from tests.writes import UNKNOWN, Write, admin_writes, all_writes, writes_of

WRITERS = {
    "accounts/admin.py": {"User", "User.groups"},
    "accounts/groups.py": {"Group", "Group.permissions"},
    "accounts/guests.py": {"User"},
    "accounts/models.py": {"User"},
    "accounts/views.py": {"User"},
    "exams/assembly/fixed_forms.py": {"FixedForm", "FixedFormItem"},
    "exams/engine/adoption.py": {"Attempt", "ReviewCard"},
    "exams/engine/attempts.py": {"Attempt", "Response"},
    "exams/engine/outages.py": {"Attempt", "Extension", "Outage"},
    "exams/engine/saves.py": {"AnswerEvent", "Attempt", "Response"},
    "exams/engine/spaced_review.py": {"ReviewCard"},
    "exams/engine/study.py": {"Attempt", "Response"},
    "questions/admin.py": {"Domain", "Exam", "NoteImage", "NoteSection", "Task"},
    "questions/bank/loading.py": {"BlindCheck", "Domain", "Exam", "OptionsOnlyCheck", "Task"},
    "questions/bank/note_images.py": {"NoteImage"},
    "questions/bank/publishing.py": {"Question"},
    "questions/bank/question_loading.py": {"Question"},
    "questions/bank/sections.py": {"NoteSection", "NoteSection.tasks"},
    "questions/bank/versions.py": {"GuestTask", "QuestionVersion", "VersionNote"},
    "results/item_alarms.py": {"ItemAlarm"},
    "results/item_statistics.py": {"EvidenceChange", "StatisticsState"},
    "results/statistics_sql.py": {"FormStatistics", "ItemStatistics"},
}
# What a receiver stands for where the code alone does not tell.
RECEIVERS = {
    ("accounts/models.py", "user"): "User",
    ("accounts/views.py", "form.instance"): "User",
    ("accounts/views.py", "request.user"): "User",
}


@pytest.fixture(scope="module")
def found() -> dict[str, list[Write]]:
    """Every write by its module, with what RECEIVERS says of it."""
    get_resolver().url_patterns  # noqa: B018  # the admin registers its pages
    return {
        module: [
            replace(write, table=RECEIVERS.get((module, write.receiver), UNKNOWN))
            if write.table == UNKNOWN
            else write
            for write in writes
        ]
        for module, writes in all_writes().items()
    }


def test_every_write_is_understood(found: dict[str, list[Write]]) -> None:
    unknown = [
        f"{module}:{write.line}: {write.receiver}"
        for module, writes in found.items()
        for write in writes
        if write.table == UNKNOWN
    ]
    assert not unknown, "Say in RECEIVERS which table these write"


def test_every_table_is_written_by_the_modules_that_are_listed(
    found: dict[str, list[Write]],
) -> None:
    actual = {module: {write.table for write in writes} for module, writes in found.items()}
    for module, tables in admin_writes().items():
        actual.setdefault(module, set()).update(tables)
    unlisted = [
        f"{module} writes {table}"
        for module, tables in sorted(actual.items())
        for table in sorted(tables - WRITERS.get(module, set()) - {UNKNOWN})
    ]
    assert not unlisted, "Write by the module whose table it is, or list the writer"
    stale = [
        f"{module} does not write {table}"
        for module, tables in WRITERS.items()
        for table in sorted(tables - actual.get(module, set()))
    ]
    assert not stale


def test_no_receiver_is_explained_in_vain() -> None:
    unclear = {
        (module, write.receiver)
        for module, writes in all_writes().items()
        for write in writes
        if write.table == UNKNOWN
    }
    assert RECEIVERS.keys() - unclear == set()


# ---- The reading itself ------------------------------------------------------------------------


def tables_in(source: str) -> list[str]:
    module = ModuleType("accounts.example")
    for model in (Attempt, Exam, NoteSection, Question, QuestionVersion, Response, User):
        setattr(module, model.__name__, model)
    return [write.table for write in writes_of(textwrap.dedent(source), module)]


@pytest.mark.parametrize(
    ("source", "tables"),
    [
        ("Question.objects.create(slug='a')", ["Question"]),
        ("Question.objects.filter(pk=1).order_by('pk').update(slug='a')", ["Question"]),
        ("Question(slug='a').save()", ["Question"]),
        ("Question.objects.filter(pk=1)[0].versions.all().delete()", ["QuestionVersion"]),
        ("def f(exam: Exam):\n    exam.questions.bulk_create([])", ["Question"]),
        ("def f(exam: 'Exam | None'):\n    exam.delete()", ["Exam"]),
        ("def f(rows: list[Attempt]):\n    for one in rows:\n        one.save()", ["Attempt"]),
        ("def f(rows: dict[str, Attempt]):\n    rows.popitem()[1].save()", ["Attempt"]),
        ("def f(q: Question):\n    v = q.published\n    v.delete()", ["QuestionVersion"]),
        (
            "def f():\n    q, _ = Question.objects.get_or_create(slug=1)\n    q.save()",
            ["Question"] * 2,
        ),
        ("def f():\n    (a := Attempt.objects.get()).save()", ["Attempt"]),
        ("def f(a: Attempt):\n    def g():\n        a.responses.update(rev=1)", ["Response"]),
        ("f = lambda: [a.delete() for a in list(Attempt.objects.all())]", ["Attempt"]),
        ("async def f():\n    await Attempt.objects.acreate()", ["Attempt"]),
        ("def f(v: QuestionVersion):\n    v.also.add(1)", ["GuestTask"]),
        (
            "def f(v: QuestionVersion):\n    tasks = v.also\n    tasks.clear()",
            ["GuestTask"],
        ),
        ("def f(v: QuestionVersion):\n    v.notes.set([])", ["VersionNote"]),
        (
            "links = NoteSection.tasks.through\nNoteSection.tasks.through.objects.create()",
            ["NoteSection.tasks"],
        ),
        ("def f(user: User):\n    user.groups.remove(1)", ["User.groups"]),
        ("cursor.execute('INSERT INTO exams_response VALUES (1)')", ["Response"]),
        ("sql = 'WITH x AS (SELECT 1 FOR NO KEY UPDATE) UPDATE exams_attempt SET a'", ["Attempt"]),
        ("sql = f'DELETE FROM exams_response WHERE {condition}'", ["Response"]),
        ("def f(v):\n    v.save()", [UNKNOWN]),
        ("def f(a, b: Exam):\n    (a or b).save()", ["Exam"]),
        ("def f(a: Attempt, b: Exam):\n    (a or b).save()", [UNKNOWN]),
        ("def f(v):\n    v.also.add(1)", [UNKNOWN]),
        ("def f(rows: dict[str, object]):\n    rows['a'].save()", [UNKNOWN]),
        ("def f():\n    rows = []\n    for one in rows:\n        one.save()", [UNKNOWN]),
        ("sql = f'INSERT INTO {table} VALUES (1)'", [UNKNOWN]),
        ("sql = 'UPDATE %s SET a = 1'", [UNKNOWN]),
    ],
)
def test_a_write_is_found_and_its_table_or_that_it_is_not_understood(
    source: str, tables: list[str]
) -> None:
    assert tables_in(source) == tables


@pytest.mark.parametrize(
    "source",
    [
        "Question.objects.filter(pk=1).first()",
        "def f(given: dict[str, int]):\n    given.update(a=1)",
        "def f():\n    seen = set()\n    seen.add(1)",
        "def f():\n    known = {}\n    known.update(a=1)",
        "def f(event):\n    event.set()",
        "sql = 'SELECT 1 FROM exams_attempt FOR UPDATE OF a'",
        "sql = 'ON CONFLICT (id) DO UPDATE SET a = 1'",
        "'''Says that rows go by INSERT INTO exams_response.'''",
    ],
)
def test_what_writes_nothing_is_no_write(source: str) -> None:
    assert tables_in(source) == []
