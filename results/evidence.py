"""What readiness goes by, read from the database: first answers, and the format of the exam.

Reads only, and never a key: whether an answer is right was stored when it was marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import User
from exams.engine.scoring import Scale
from exams.models import Response
from questions.models import Domain, Exam, QuestionVersion
from results.readiness import ExamFormat, FirstAnswer

NOT_KNOWN: Mapping[int, float] = {}


def first_answers(
    user: User, exam: Exam, *, now: datetime, difficulties: Mapping[int, float] = NOT_KNOWN
) -> list[FirstAnswer]:
    """The candidate's first answers in attempts at ``exam``, the oldest first (one statement).

    A question is new once, over all attempts at all exams: the first time it was marked. Scored
    and unscored places count alike, for nobody could tell them apart. A question that was left
    blank then says nothing, neither then nor later. Attempts that were open and are not marked yet
    count for nothing. Staff and authors are not left out: their readiness is theirs to see.

    ``difficulties``: logits above the bank's average, by the version's id, where they are known.
    """
    found = [
        (answered_at, question, version, domain, task, right)
        for question, version, attempted, domain, task, right, answer, answered_at in _firsts(user)
        if attempted == exam.pk and any(answer)
    ]
    return [
        FirstAnswer(
            question=question,
            domain=domain,
            task=task,
            right=right,
            age_days=max((now - answered_at) / timedelta(days=1), 0.0),
            difficulty=difficulties.get(version),
        )
        for answered_at, question, version, domain, task, right in sorted(found)
    ]


_First = tuple[int, int, int, str, str, bool, list[str], datetime]


def _firsts(user: User) -> QuerySet[Response, _First]:
    """Of every question that was ever marked for this candidate, the first response."""
    marked = Response.objects.filter(attempt__user=user, is_correct__isnull=False)
    firsts = marked.order_by("question_id", "attempt__started_at", "attempt_id")
    return (
        firsts.distinct("question_id")
        .annotate(
            answered_at=Coalesce(
                F("revealed_at"), F("saved_at"), F("attempt__closed_at"), F("attempt__started_at")
            )
        )
        .values_list(
            *("question_id", "version_id", "attempt__exam_id", "task__domain__code", "task__code"),
            *("is_correct", "answer", "answered_at"),
        )
    )


def exam_format(exam: Exam) -> ExamFormat:
    """What the real exam is like today (one statement)."""
    rows = Domain.objects.filter(exam=exam).order_by("code", "tasks__code")
    weights: dict[str, int] = {}
    tasks = set()
    for domain, weight, task in rows.values_list("code", "weight", "tasks__code"):
        weights[domain] = weight
        if task is not None:
            tasks.add(task)
    return ExamFormat(
        weights=weights,
        scored_items=exam.scored_items,
        scale=Scale(exam.scale_min, exam.scale_max, exam.pass_mark),
        tasks=frozenset(tasks),
    )


def people_in_statistics() -> QuerySet[User]:
    """Whose answers count in statistics: candidates with an account, and nobody else.

    Never guests, staff, whoever may look into the bank by a right or a group, and whoever ever
    wrote a question: they know keys.
    """
    of_the_bank = "permissions__content_type__app_label"
    knows_keys = User.objects.filter(
        Q(is_staff=True)
        | Q(is_superuser=True)
        | Q(**{f"groups__{of_the_bank}": "questions"})
        | Q(**{f"user_{of_the_bank}": "questions"})
        | Q(pk__in=QuestionVersion.objects.exclude(created_by=None).values("created_by"))
    )
    return User.objects.filter(is_guest=False).exclude(pk__in=knows_keys.values("pk"))
