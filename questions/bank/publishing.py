"""What authors do to a question in the admin: add, publish, retire, bring back, delete.

With ``question_loading``, the only writer of questions.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Coalesce

from accounts.models import User
from questions import content as files
from questions.bank import versions
from questions.bank.rules import check, refuse_errors
from questions.content import InvalidContent, Problem, QuestionContent
from questions.models import Exam, Question, QuestionVersion, Task


class NewerVersion(Exception):
    """Somebody published another version after the edit started."""

    def __init__(self, version: QuestionVersion) -> None:
        super().__init__(f"{version} was published meanwhile")
        self.version = version


@transaction.atomic
def publish_version(
    question: Question, content: QuestionContent, *, by: User | None, based_on: int | None = None
) -> QuestionVersion:
    """Make ``content`` the next version of ``question`` and publish it.

    Content equal to what is published makes no version. Raises InvalidContent with all errors,
    and NewerVersion when the published version is not number ``based_on``.
    """
    # A join with the published version would show the one from before the wait for the lock.
    row = (
        Question.objects.select_for_update(of=("self",), no_key=True)
        .select_related("exam")
        .get(pk=question.pk)
    )
    refuse_errors(check(row.exam, files.Question(row.slug, content)))
    if row.published and row.published.digest == content.digest:
        return row.published
    if row.published and based_on not in (None, row.published.number):
        raise NewerVersion(row.published)
    version = versions.unsaved(
        row,
        content,
        number=row.versions.aggregate(latest=Coalesce(Max("number"), 0))["latest"] + 1,
        task=_task(row, content.task),
        source=QuestionVersion.Origin.ADMIN,
        by=by,
    )
    versions.store(row.exam, [(version, content)])
    row.published = version
    row.save(update_fields=["published"])
    return version


def _task(question: Question, code: str) -> Task:
    """The task of the question's exam; ``check`` has found that there is one."""
    found = list(
        Task.objects.filter(domain__exam=question.exam, code=code).select_related("domain")
    )
    if len(found) > 1:
        # Such rows are older than the trigger that refuses them.
        places = " and ".join(f"domain {task.domain.code}" for task in found)
        message = f"is the code of a task of {places}; give one of them another code"
        raise InvalidContent([Problem(question.slug, "task", message)])
    return found[0]


@transaction.atomic
def add_question(exam: Exam, slug: str, content: QuestionContent, *, by: User | None) -> Question:
    """A new question with its first version, published. Raises InvalidContent."""
    row, is_new = Question.objects.get_or_create(exam=exam, slug=slug)
    if not is_new:
        raise InvalidContent([Problem(slug, "slug", "is the name of another question")])
    publish_version(row, content, by=by)
    return row


def retire(question: Question, *, now: datetime) -> bool:
    """New attempts no longer draw ``question``; returns whether anything changed."""
    rows = Question.objects.filter(pk=question.pk, retired_at=None)
    return bool(rows.update(retired_at=now))


def bring_back(question: Question) -> bool:
    """New attempts draw a retired question again; returns whether anything changed."""
    rows = Question.objects.filter(pk=question.pk, retired_at__isnull=False)
    return bool(rows.update(retired_at=None))


@transaction.atomic
def delete_question(question: Question) -> None:
    """Delete ``question`` with its versions. Raises ProtectedError once an attempt has used it."""
    Question.objects.filter(pk=question.pk).update(published=None)
    Question.objects.filter(pk=question.pk).delete()
