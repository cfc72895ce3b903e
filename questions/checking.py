"""What lint says of the bank as it stands, for the pages of the admin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from questions import bank, export, lint
from questions import content as files
from questions.content import QuestionContent
from questions.lint import Finding, Level
from questions.models import Exam, Question


@dataclass(frozen=True, slots=True)
class Checked:
    """A question of which there is something to say."""

    question: Question
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ExamCheck:
    """What lint says of an exam: question by question, and of its notes and the whole."""

    exam: Exam
    questions: tuple[Checked, ...]
    others: tuple[Finding, ...]

    @property
    def advised(self) -> int:
        """How many questions there is advice on."""
        return sum(finding.level is Level.ADVICE for finding in self._all())

    @property
    def errors(self) -> int:
        return sum(finding.is_error for finding in self._all())

    @property
    def warnings(self) -> int:
        return sum(finding.is_warning for finding in self._all())

    def _all(self) -> Iterator[Finding]:
        yield from self.others
        for checked in self.questions:
            yield from checked.findings


def check_exam(exam: Exam, *, only: Container[int] | None = None) -> ExamCheck:
    """Lint what is in use of ``exam`` (a constant number of queries).

    ``only``: the ids of the questions to tell of, and nothing else.
    """
    rows = {row.slug: row for row in export.questions_in_use(exam)}
    questions, problems = _read(rows.values())
    content = files.Content(
        exam=export.exam_content(exam),
        sections=export.sections_in_use(exam),
        questions=tuple(questions),
        drawings=export.drawings(exam),
    )
    by_file: defaultdict[str, list[Finding]] = defaultdict(list)
    found = [*problems, *lint.check(content, bank.other_exams()), *lint.advise(content)]
    for finding in found:
        by_file[finding.file].append(finding)
    return ExamCheck(
        exam=exam,
        questions=tuple(
            Checked(row, tuple(by_file[slug]))
            for slug, row in rows.items()
            if slug in by_file and (only is None or row.pk in only)
        ),
        others=tuple(
            finding
            for file, found in by_file.items()
            for finding in found
            if file not in rows and only is None
        ),
    )


def _read(rows: Iterable[Question]) -> tuple[list[files.Question], list[Finding]]:
    """Questions as content, and why some are not (any more) fit to be."""
    questions, problems = [], []
    for row in rows:
        written = export.written(row.published) if row.published else {}
        content, wrong = files.checked(QuestionContent, written, file=row.slug)
        if content:
            questions.append(files.Question(row.slug, content))
        problems += [Finding(p.file, p.field, "format", p.message, Level.ERROR) for p in wrong]
    return questions, problems


def questions_with_findings() -> set[int]:
    """The ids of all questions that have errors or open warnings; advice asks for no answer."""
    exams = [check_exam(exam) for exam in Exam.objects.all()]
    return {
        checked.question.pk
        for exam in exams
        for checked in exam.questions
        if any(finding.level is not Level.ADVICE for finding in checked.findings)
    }
