"""Loads the questions of a content folder: new rows, next versions, which side is newer.

With ``publishing``, the only writer of questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from questions import content as files
from questions.bank import versions
from questions.bank.outcomes import Changes
from questions.bank.versions import BATCH
from questions.models import Exam, Question, QuestionVersion, Task


@dataclass(frozen=True, slots=True)
class _Held:
    """A locked row, the digest of its published version and the number of its latest one."""

    row: Question
    published_digest: str
    latest: int


def load_questions(
    exam: Exam, questions: Sequence[files.Question], *, tasks: Mapping[str, Task]
) -> Changes:
    """Store the questions of a content folder; keep what was edited in the admin.

    Questions that lost their file are reported as removed and stay.
    """
    _create_missing(exam, [q.slug for q in questions])
    held = _lock_questions(exam)
    sides = {q.slug: _newer_side(held[q.slug], q.content.digest) for q in questions}
    to_write = [q for q in questions if sides[q.slug] in ("added", "changed")]
    _write_versions(exam, to_write, held=held, tasks=tasks)
    _remember_agreement([q for q in questions if sides[q.slug] == "unchanged"], held)
    lost = {slug for slug, question in held.items() if question.row.loaded_digest} - sides.keys()
    return replace(Changes.by_side(sides), removed=tuple(sorted(lost)))


def _create_missing(exam: Exam, slugs: Iterable[str]) -> None:
    """Rows for new questions, without a version yet.

    When an author is adding a question of the same name, the insert waits and then does nothing.
    """
    known = set(exam.questions.values_list("slug", flat=True))
    rows = [Question(exam=exam, slug=slug) for slug in slugs if slug not in known]
    Question.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)


def _lock_questions(exam: Exam) -> dict[str, _Held]:
    rows = list(exam.questions.select_for_update(no_key=True))
    # Read by statements of their own: the locking one would show versions from before its wait.
    published = dict(exam.questions.values_list("pk", Coalesce("published__digest", Value(""))))
    numbered = QuestionVersion.objects.filter(question__exam=exam).order_by()
    latest = dict(numbered.values_list("question").annotate(latest=Max("number")))
    return {row.slug: _Held(row, published[row.pk], latest.get(row.pk, 0)) for row in rows}


def _newer_side(held: _Held, digest: str) -> str:
    """What loading a file with this digest means for the question."""
    if not held.latest:
        return "added"
    if held.published_digest == digest:
        return "unchanged"
    edited_in_admin = held.published_digest != held.row.loaded_digest
    return "kept" if edited_in_admin else "changed"


def _write_versions(
    exam: Exam,
    questions: Sequence[files.Question],
    *,
    held: Mapping[str, _Held],
    tasks: Mapping[str, Task],
) -> None:
    """Publish the next version of each question."""
    written = [
        versions.unsaved(
            held[q.slug].row,
            q.content,
            number=held[q.slug].latest + 1,
            task=tasks[q.content.task],
            source=QuestionVersion.Origin.FILE,
        )
        for q in questions
    ]
    contents = [question.content for question in questions]
    versions.store(exam, list(zip(written, contents, strict=True)))
    newest = QuestionVersion.objects.filter(question=OuterRef("pk")).order_by("-number")
    Question.objects.filter(pk__in=[version.question_id for version in written]).update(
        published=Subquery(newest.values("pk")[:1]),
        loaded_digest=Subquery(newest.values("digest")[:1]),
    )


def _remember_agreement(questions: Iterable[files.Question], held: Mapping[str, _Held]) -> None:
    """Record that file and bank agree: the next change is compared with this state."""
    agreeing = []
    for question in questions:
        row, digest = held[question.slug].row, question.content.digest
        if row.loaded_digest != digest:
            row.loaded_digest = digest
            agreeing.append(row)
    Question.objects.bulk_update(agreeing, ["loaded_digest"], batch_size=BATCH)
