"""Reading closed attempts: the report and the review of each question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models.functions import Left

from exams.models import Attempt, Response
from exams.scoring import Mark, Tally, tally, tally_by_domain
from questions.kinds import Kind, letter_of, padded
from questions.models import Domain, NoteSection, QuestionVersion

EXCERPT_LENGTH = 120
FILTERS = {"all": "All", "wrong": "Wrong or blank", "flagged": "Flagged", "unscored": "Unscored"}


@dataclass(frozen=True, slots=True)
class DomainRow:
    domain: Domain
    tally: Tally


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One question of a closed attempt, in the report's list."""

    position: int
    task: str
    domain: str
    scored: bool
    correct: bool
    answered: bool
    flagged: bool
    excerpt: str
    marked: bool = True

    @property
    def result(self) -> str:
        if self.correct:
            return "correct"
        if not self.marked:
            return "not reached"
        return "incorrect" if self.answered else "blank"

    def belongs_to(self, show: str) -> bool:
        """Whether the report's filter ``show`` keeps this row; unknown filters keep all."""
        kept = {
            "wrong": self.marked and not self.correct,
            "flagged": self.flagged,
            "unscored": not self.scored,
        }
        return kept.get(show, True)


@dataclass(frozen=True, slots=True)
class Report:
    attempt: Attempt
    domains: tuple[DomainRow, ...]
    questions: tuple[QuestionRow, ...]
    percent: int
    unscored: Tally

    @property
    def time_allowed(self) -> timedelta | None:
        """None when it was untimed."""
        deadline = self.attempt.deadline
        return deadline - self.attempt.started_at if deadline else None

    @property
    def blank_count(self) -> int:
        return sum(row.result == "blank" for row in self.questions)

    @property
    def filters(self) -> list[tuple[str, str]]:
        """The filters of the list of questions: value and label with count."""
        return [(show, f"{label} ({len(self.filtered(show))})") for show, label in FILTERS.items()]

    def filtered(self, show: str) -> Sequence[QuestionRow]:
        """The questions of one of the report's filters; all of them for an unknown one."""
        return [row for row in self.questions if row.belongs_to(show)]


def load_report(attempt: Attempt) -> Report:
    """Everything the report of a closed attempt shows."""
    questions = _question_rows(attempt)
    # Study that ended early leaves questions unmarked, which say nothing.
    marks = [Mark(row.domain, row.scored, row.correct) for row in questions if row.marked]
    tallies = tally_by_domain(marks)
    tried_out = [
        Mark(mark.domain, scored=True, correct=mark.correct) for mark in marks if not mark.scored
    ]
    return Report(
        attempt=attempt,
        domains=tuple(
            DomainRow(domain, tallies.get(domain.code, Tally(0, 0)))
            for domain in attempt.exam.domains.all()
        ),
        questions=tuple(questions),
        percent=tally(marks).percent,
        unscored=tally(tried_out),
    )


def _question_rows(attempt: Attempt) -> list[QuestionRow]:
    rows = attempt.responses.order_by("position").values_list(
        *("position", "task__code", "task__domain__code"),
        *("scored", "is_correct", "answer", "flagged", Left("version__stem", EXCERPT_LENGTH)),
    )
    return [
        QuestionRow(
            position=position,
            task=task,
            domain=domain,
            scored=scored,
            correct=bool(correct),
            answered=any(answer),
            flagged=flagged,
            excerpt=excerpt,
            marked=correct is not None,
        )
        for position, task, domain, scored, correct, answer, flagged, excerpt in rows
    ]


@dataclass(frozen=True, slots=True)
class ReviewedOption:
    """An option after the exam: what was chosen, what was right, and why.

    ``place``: for ordering, its right place; ``chosen_place``: where the candidate put it.
    """

    letter: str
    html: str
    rationale_html: str
    in_key: bool
    chosen: bool
    place: int | None = None
    chosen_place: int | None = None

    @property
    def verdict(self) -> str:
        if self.place is not None:
            return "right" if self.place == self.chosen_place else "wrong"
        if self.in_key:
            return "right" if self.chosen else "missed"
        return "wrong" if self.chosen else "left"


@dataclass(frozen=True, slots=True)
class ReviewedPrompt:
    html: str
    right_letter: str
    right_html: str
    chosen_letter: str
    chosen_html: str

    @property
    def is_right(self) -> bool:
        return self.right_letter == self.chosen_letter


@dataclass(frozen=True, slots=True)
class ReviewedQuestion:
    response: Response
    kind: Kind
    options: tuple[ReviewedOption, ...]
    prompts: tuple[ReviewedPrompt, ...]
    notes: tuple[NoteSection, ...]

    @property
    def version(self) -> QuestionVersion:
        return self.response.version

    @property
    def picked_right(self) -> int:
        return sum(option.verdict == "right" for option in self.options)


def load_reviewed_question(attempt: Attempt, position: int) -> ReviewedQuestion:
    """One question of a closed attempt with its key and every rationale.

    Raises Response.DoesNotExist when the attempt has no such question.
    """
    response = attempt.responses.select_related("version", "task__domain").get(position=position)
    version = response.version
    letters = {
        option: letter_of(place) for place, option in enumerate(response.option_order, start=1)
    }
    return ReviewedQuestion(
        response=response,
        kind=Kind(version.kind),
        options=_in_right_order(_reviewed_options(response, letters)),
        prompts=_reviewed_prompts(response, letters),
        notes=tuple(version.notes.select_related("exam").order_by("versionnote__position")),
    )


def _reviewed_options(response: Response, letters: dict[str, str]) -> tuple[ReviewedOption, ...]:
    version = response.version
    html_of = {option["id"]: option["html"] for option in version.options}
    ordering = version.kind == Kind.ORDERING
    return tuple(
        ReviewedOption(
            letter=letter,
            html=html_of[option],
            rationale_html=version.rationales[option]["html"],
            in_key=option in version.key,
            chosen=option in response.answer,
            place=_place(version.key, option) if ordering else None,
            chosen_place=_place(response.answer, option) if ordering else None,
        )
        for option, letter in letters.items()
    )


def _in_right_order(options: tuple[ReviewedOption, ...]) -> tuple[ReviewedOption, ...]:
    """Ordering questions are reviewed in the order of the key, others as they were shown."""
    return tuple(sorted(options, key=lambda option: option.place or 0))


def _place(sequence: Sequence[str], option: str) -> int | None:
    return sequence.index(option) + 1 if option in sequence else None


def _reviewed_prompts(response: Response, letters: dict[str, str]) -> tuple[ReviewedPrompt, ...]:
    version = response.version
    html_of = {option["id"]: option["html"] for option in version.options}
    answer = padded(response.answer, len(version.prompts))
    return tuple(
        ReviewedPrompt(
            html=prompt["html"],
            right_letter=letters[right],
            right_html=html_of[right],
            chosen_letter=letters.get(chosen, ""),
            chosen_html=html_of.get(chosen, ""),
        )
        for prompt, right, chosen in zip(version.prompts, version.key, answer, strict=False)
    )
