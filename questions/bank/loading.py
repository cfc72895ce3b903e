"""Loads content folders: exams, blueprints, and with them notes and questions.

The only writer of exams, domains and tasks beside the admin, and of the records of checks.

Authored content has two homes, files and the admin. ``loaded_digest`` keeps what a file said when
it was last loaded, so that a load knows on which side a change was made. It takes changes of
files, reports changes of the admin, and never overwrites one with the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from questions import blind_checks, export, lint
from questions import content as files
from questions.bank import study_notes
from questions.bank.locks import wait_for_other_loads
from questions.bank.outcomes import Loaded
from questions.bank.question_loading import load_questions
from questions.bank.rules import other_exams, refuse_errors
from questions.bank.versions import BATCH
from questions.blind_checks import BlindCheck
from questions.content import InvalidContent, Problem
from questions.models import BlindCheck as BlindCheckRow
from questions.models import Domain, Exam, Task
from questions.models import OptionsOnlyCheck as OptionsOnlyCheckRow
from questions.options_only import OptionsOnlyCheck


def load(content: files.Content, *, now: datetime) -> Loaded:
    """As ``load_all``, of one folder."""
    (loaded,) = load_all([content], now=now)
    return loaded


@transaction.atomic
def load_all(contents: Sequence[files.Content], *, now: datetime) -> list[Loaded]:
    """Bring the bank in line with ``contents``; loading the same again changes nothing.

    All blueprints come before all questions, which may serve tasks of several exams. Takes a
    constant number of queries per folder and 500 new versions. Raises InvalidContent, with
    nothing written, when anything has errors.
    """
    if not contents:
        return []
    wait_for_other_loads()
    loading = {c.exam.slug: lint.OtherExam.of(c.exam) for c in contents}
    others = other_exams() | loading
    refuse_errors(f for content in contents for f in lint.errors(content, others))
    exams = [_store_exam(content.exam) for content in contents]
    blueprints = [
        _store_blueprint(exam, content.exam) for exam, content in zip(exams, contents, strict=True)
    ]
    return [
        _load_content(exam, content, tasks=tasks, now=now)
        for exam, content, tasks in zip(exams, contents, blueprints, strict=True)
    ]


def _load_content(
    exam: Exam, content: files.Content, *, tasks: Mapping[str, Task], now: datetime
) -> Loaded:
    """Sections, questions and the record of their checks, when every blueprint is stored."""
    sections, report = study_notes.load_sections(exam, content, tasks=tasks, now=now)
    questions = load_questions(exam, content.questions, tasks=tasks)
    _load_checks(exam, content.checks)
    _load_options_only(exam, content.options_only)
    Exam.objects.filter(pk=exam.pk).update(content_digest=content.digest)
    return Loaded(exam.slug, sections, questions, report)


def is_loaded(folder: Path) -> bool:
    """Whether the bank was last loaded from exactly these files."""
    slug = files.read_exam(folder).slug
    return Exam.objects.filter(slug=slug, content_digest=files.folder_digest(folder)).exists()


def _store_exam(exam: files.ExamContent) -> Exam:
    fields = exam.model_dump(mode="json", exclude={"domains"})
    row = Exam(**fields)
    Exam.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=[name for name in fields if name != "slug"],
    )
    return row


def _store_blueprint(exam: Exam, content: files.ExamContent) -> dict[str, Task]:
    """Domains and tasks as ``content`` has them; returns the tasks by code."""
    _drop_vanished_tasks(exam, content)
    domains = Domain.objects.bulk_create(
        [Domain(exam=exam, code=d.code, title=d.title, weight=d.weight) for d in content.domains],
        update_conflicts=True,
        unique_fields=["exam", "code"],
        update_fields=["title", "weight"],
    )
    tasks = Task.objects.bulk_create(
        [
            Task(domain=row, **task.model_dump(mode="json"))
            for row, domain in zip(domains, content.domains, strict=True)
            for task in domain.tasks
        ],
        update_conflicts=True,
        unique_fields=["domain", "code"],
        update_fields=["title", "skills"],
    )
    exam.domains.exclude(pk__in=[domain.pk for domain in domains]).delete()
    return {task.code: task for task in tasks}


def _drop_vanished_tasks(exam: Exam, content: files.ExamContent) -> None:
    """Delete the tasks that ``content`` does not have in their domain.

    Comes before the others are stored: a task without questions may move to another domain and
    keep its code.
    """
    present = {(domain.code, task.code) for domain in content.domains for task in domain.tasks}
    rows = Task.objects.filter(domain__exam=exam).values_list("pk", "domain__code", "code")
    gone = [pk for pk, domain, code in rows if (domain, code) not in present]
    vanished = Task.objects.filter(pk__in=gone)
    used = vanished.filter(Q(versions__isnull=False) | Q(guests__isnull=False)).distinct()
    if problems := [
        Problem("exam.yaml", "domains", f"lacks task {task.code}, which questions belong to")
        for task in used
    ]:
        raise InvalidContent(problems)
    vanished.delete()


def _load_checks(exam: Exam, checks: Iterable[BlindCheck]) -> None:
    """Make the record of blind checks the one of the files."""
    questions = dict(exam.questions.values_list("slug", "pk"))
    rows = [
        BlindCheckRow(question_id=questions[check.slug], **check.model_dump(exclude={"slug"}))
        for check in checks
        if check.slug in questions
    ]
    BlindCheckRow.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["question"],
        update_fields=[name for name in blind_checks.COLUMNS if name != "slug"],
        batch_size=BATCH,
    )
    kept = [row.question_id for row in rows]
    BlindCheckRow.objects.filter(question__exam=exam).exclude(question__in=kept).delete()


def _load_options_only(exam: Exam, checks: Sequence[OptionsOnlyCheck]) -> None:
    """Make the record of options-only checks the one of the files, if it is not."""
    questions = dict(exam.questions.values_list("slug", "pk"))
    wanted = [check for check in checks if check.slug in questions]
    if wanted == list(export.options_only_of(exam.questions.all())):
        return
    OptionsOnlyCheckRow.objects.filter(question__exam=exam).delete()
    OptionsOnlyCheckRow.objects.bulk_create(
        [
            OptionsOnlyCheckRow(
                question_id=questions[check.slug], **check.model_dump(exclude={"slug"})
            )
            for check in wanted
        ],
        batch_size=BATCH,
    )
