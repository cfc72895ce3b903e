"""The rules of question writing, asked about the bank as it stands. Only reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg, JSONBAgg
from django.db.models import Q

from questions import content as files
from questions import lint
from questions.content import InvalidContent, Problem
from questions.kinds import Kind
from questions.models import Exam


def check(exam: Exam, question: files.Question) -> list[lint.Finding]:
    """What the rules would say if ``question`` were published now."""
    others = exam.questions.filter(retired_at=None, published__isnull=False)
    stems = others.exclude(slug=question.slug).values_list(
        "slug", "published__stem", "published__enemies"
    )
    found = lint.check_question(question, surroundings(exam, quoted=question.content.passages))
    return found + lint.check_stem(question, stems)


def refuse_errors(findings: Iterable[lint.Finding]) -> None:
    """Raise InvalidContent if any of ``findings`` is an error."""
    problems = [Problem(f.file, f.field, f.message) for f in findings if f.is_error]
    if problems:
        raise InvalidContent(problems)


def surroundings(exam: Exam, *, quoted: Collection[str] = ()) -> lint.Surroundings:
    """What questions of ``exam`` may refer to (three queries, and one for ``quoted`` sections)."""
    sections = exam.note_sections.values_list("anchor", "title", "status")
    texts = exam.note_sections.filter(anchor__in=quoted).values_list("anchor", "body")
    exams = other_exams()
    own = exams.pop(exam.slug)
    return lint.Surroundings(
        exam=exam.slug,
        kinds=own.kinds,
        tasks=own.tasks,
        skills=own.skills,
        sections={anchor: lint.is_closed(title, status) for anchor, title, status in sections},
        bodies=dict(texts) if quoted else {},
        slugs=frozenset(exam.questions.values_list("slug", flat=True)),
        others=exams,
    )


def other_exams() -> dict[str, lint.OtherExam]:
    """What each exam asks: questions of other exams may serve its tasks too (one query)."""
    has_tasks = Q(domains__tasks__isnull=False)
    like: dict[str, Any] = {"filter": has_tasks, "order_by": "domains__tasks", "default": []}
    codes = ArrayAgg("domains__tasks__code", **like)
    skills = JSONBAgg("domains__tasks__skills", **like)
    rows = Exam.objects.values_list("slug", "kinds").annotate(codes=codes, skills=skills)
    return {
        slug: lint.OtherExam(
            kinds=frozenset(map(Kind, kinds)),
            tasks=frozenset(tasks),
            skills={
                task: [skill["code"] for skill in own]
                for task, own in zip(tasks, skills_of_tasks, strict=True)
            },
        )
        for slug, kinds, tasks, skills_of_tasks in rows
    }
