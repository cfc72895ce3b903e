"""How well the bank covers an exam, read for its authors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Count, Q

from exams.assembly.supply import Supply, drawable
from questions.models import (
    KIND_CHOICES,
    Domain,
    Exam,
    NoteSection,
    QuestionVersion,
    Task,
    VersionNote,
)

TASK_AT_LEAST = 16
SECTION_AT_LEAST, SECTION_AT_MOST = 2, 24


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: how many questions of all, and what is wanted."""

    label: str
    count: int
    percent: int
    target: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Questions by one property; ``about`` says what the target is and how to read the counts."""

    title: str
    about: str
    rows: tuple[Row, ...]
    is_share: bool = True

    @property
    def has_targets(self) -> bool:
        return any(row.target for row in self.rows)

    @property
    def doubtful(self) -> list[Row]:
        return [row for row in self.rows if row.doubt]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What there is to say about the questions that an exam may draw."""

    supply: Supply
    total: int
    tables: tuple[Table, ...]

    @property
    def exam(self) -> Exam:
        return self.supply.exam

    @property
    def doubts(self) -> int:
        return sum(len(table.doubtful) for table in self.tables)


def coverage(supply: Supply) -> Coverage:
    """The coverage of the exam of ``supply`` (five queries)."""
    questions = drawable(supply.exam)
    by_task = Counter(question.task_id for question in questions)
    versions = [question.version_id for question in questions]
    tasks = Task.objects.filter(domain__exam=supply.exam).select_related("domain")
    tables = [
        _by_domain(supply.exam.domains.all(), questions_in=Counter(q.domain for q in questions)),
        _by_task(tasks.order_by("domain__code", "code"), by_task),
        *_by_kind_and_difficulty(versions),
        _by_section(supply.exam, versions),
    ]
    return Coverage(supply, len(questions), tuple(tables))


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def _by_domain(domains: Iterable[Domain], questions_in: Mapping[str, int]) -> Table:
    total = sum(questions_in.values())
    rows = (
        Row(
            label=str(domain),
            count=(count := questions_in.get(domain.code, 0)),
            percent=_percent(count, total),
            target=f"{domain.weight} %",
        )
        for domain in domains
    )
    return Table("By domain", "The target is the domain's weight in the exam.", tuple(rows))


def _by_task(tasks: Iterable[Task], questions_of: Mapping[int, int]) -> Table:
    total = sum(questions_of.values())
    rows = (
        Row(
            label=str(task),
            count=(count := questions_of.get(task.pk, 0)),
            percent=_percent(count, total),
            target=f"at least {TASK_AT_LEAST}",
            doubt="too few" if count < TASK_AT_LEAST else "",
        )
        for task in tasks
    )
    return Table("By task", "With fewer, candidates soon meet the same questions.", tuple(rows))


def _by_kind_and_difficulty(versions: Iterable[int]) -> Iterator[Table]:
    rows = QuestionVersion.objects.filter(pk__in=versions).values_list("kind", "difficulty")
    pairs = list(rows)
    kinds = Counter(kind for kind, _ in pairs)
    levels = Counter(str(level) for _, level in pairs)
    choices = QuestionVersion._meta.get_field("difficulty").choices or ()
    about = "No shares are prescribed."
    yield Table("By kind", about, _shares((label, kinds[kind]) for kind, label in KIND_CHOICES))
    yield Table(
        "By difficulty",
        about,
        _shares((str(label), levels[str(level)]) for level, label in choices),
    )


def _shares(counts: Iterable[tuple[str, int]]) -> tuple[Row, ...]:
    pairs = list(counts)
    total = sum(count for _, count in pairs)
    return tuple(Row(label, count, _percent(count, total)) for label, count in pairs)


def _by_section(exam: Exam, versions: Iterable[int]) -> Table:
    """The exam's own sections, and those of other exams that its questions draw on."""
    links = VersionNote.objects.filter(version__in=versions).order_by()
    uses = dict(links.values_list("section").annotate(Count("id")))
    sections = NoteSection.objects.filter(Q(exam=exam, removed_at=None) | Q(pk__in=uses))
    most = max(uses.values(), default=0)
    rows = (
        Row(
            label=section.title,
            count=(count := uses.get(section.pk, 0)),
            percent=_percent(count, most),
            target=f"{SECTION_AT_LEAST} to {SECTION_AT_MOST}" if section.exam_id == exam.pk else "",
            doubt=_section_doubt(count) if section.exam_id == exam.pk else "",
        )
        for section in sections.only("title", "exam_id").order_by("title")
    )
    about = "A question counts in each section that it draws on; the fullest bar is the most used."
    return Table("By note section", about, tuple(rows), is_share=False)


def _section_doubt(count: int) -> str:
    if count < SECTION_AT_LEAST:
        return "too few"
    return "too many" if count > SECTION_AT_MOST else ""
