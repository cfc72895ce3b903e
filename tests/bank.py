"""Small exams with questions of every kind, made quickly for tests."""

from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import Any

from django.db.models import OuterRef, Subquery

from questions.kinds import Kind
from questions.models import Domain, Exam, NoteSection, Question, QuestionVersion, Task, VersionNote

WEIGHTS = {"1": 28, "2": 26, "3": 22, "4": 24}
# Words that only keys and rationales contain: seeing one during an attempt is a leak.
CANARY = "canary"
# A statement takes 65,535 parameters at most.
BATCH = 1000

_numbers = count(1)


def make_exam(*, slug: str = "mla-c01", **format_: Any) -> Exam:
    """An exam with the blueprint of MLA-C01: four domains of three tasks each."""
    defaults = {
        "code": slug.upper(),
        "title": "Machine Learning Engineer",
        "items": 65,
        "scored_items": 50,
        "minutes": 130,
        "scale_min": 100,
        "scale_max": 1000,
        "pass_mark": 720,
        "kinds": [kind.value for kind in Kind],
    }
    exam = Exam.objects.create(slug=slug, **(defaults | format_))
    for code, weight in WEIGHTS.items():
        domain = Domain.objects.create(exam=exam, code=code, title=f"Part {code}", weight=weight)
        Task.objects.bulk_create(
            Task(domain=domain, code=f"{code}.{number}", title=f"Task {number}")
            for number in (1, 2, 3)
        )
    return exam


def fill(exam: Exam, *, per_task: int, kinds: Sequence[Kind] = tuple(Kind)) -> None:
    """Add ``per_task`` published questions to every task, the kinds in turn."""
    section = make_section(exam)
    tasks = [task for task in Task.objects.filter(domain__exam=exam) for _ in range(per_task)]
    questions = Question.objects.bulk_create(
        (Question(exam=exam, slug=f"question-{next(_numbers)}") for _ in tasks), batch_size=BATCH
    )
    versions = QuestionVersion.objects.bulk_create(
        (
            make_version(question, task, kinds[index % len(kinds)])
            for index, (question, task) in enumerate(zip(questions, tasks, strict=True))
        ),
        batch_size=BATCH,
    )
    VersionNote.objects.bulk_create(
        (VersionNote(version=version, section=section, position=1) for version in versions),
        batch_size=BATCH,
    )
    own = QuestionVersion.objects.filter(question=OuterRef("pk")).values("pk")
    Question.objects.filter(exam=exam, published=None).update(published=Subquery(own))


def make_section(exam: Exam) -> NoteSection:
    section, _ = NoteSection.objects.get_or_create(
        exam=exam, anchor="glue", defaults={"title": "Glue", "position": 1, "html": "<p>Glue</p>"}
    )
    return section


def make_version(question: Question, task: Task, kind: Kind, **fields: Any) -> QuestionVersion:
    """An unsaved first version; its key is ``key_of(kind)``."""
    ids = OPTION_IDS[kind]
    key = key_of(kind)
    defaults: dict[str, Any] = {
        "number": 1,
        "kind": kind,
        "task": task,
        "difficulty": 2,
        "stem": f"What about {question.slug}?",
        "stem_html": f"<p>What about {question.slug}?</p>",
        "options": [
            {"id": option, "text": f"Text {option}", "html": f"<p>Text {option}</p>"}
            for option in ids
        ],
        "prompts": [
            {"text": f"Prompt {number}", "html": f"<p>Prompt {number}</p>"}
            for number in (1, 2, 3)
            if kind == Kind.MATCHING
        ],
        "rationales": {
            option: {"text": CANARY, "html": f"<p>Because {CANARY}</p>"} for option in ids
        },
        "key": key,
        "key_size": len(key),
        "references": ["https://docs.example.org/"],
        "verified": date(2026, 11, 23),
        "digest": question.slug,
        "source": QuestionVersion.Origin.FILE,
    }
    return QuestionVersion(question=question, **(defaults | fields))


OPTION_IDS = {
    Kind.CHOICE: ["a", "b", "c", "d"],
    Kind.RESPONSE: ["a", "b", "c", "d", "e"],
    Kind.ORDERING: ["a", "b", "c", "d"],
    Kind.MATCHING: ["a", "b", "c", "d"],
}


def key_of(kind: Kind) -> list[str]:
    return {
        Kind.CHOICE: ["b"],
        Kind.RESPONSE: ["b", "d"],
        Kind.ORDERING: ["a", "b", "c", "d"],
        Kind.MATCHING: ["c", "a", "d"],
    }[kind]
