"""Reading closed attempts: the report."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils.html import strip_tags
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy

from exams.engine.outages import given_back
from exams.engine.scoring import Mark, Tally, tally, tally_by_domain
from exams.models import Attempt, Extension, Response
from questions.models import Domain

EXCERPT_LENGTH = 120
FILTERS = {
    "all": gettext_lazy("All"),
    "wrong": gettext_lazy("Incorrect or unanswered"),
    "flagged": gettext_lazy("Flagged"),
    "unscored": gettext_lazy("Unscored"),
}


LONGEST_THOUGHT = timedelta(minutes=5)
"""Untimed study: what is longer between two signs of activity was a break."""


def active_time(moments: Iterable[datetime]) -> timedelta:
    """The time between ``moments`` of activity, without breaks; each break ends in a thought."""
    ordered = sorted(moments)
    gaps = (later - earlier for earlier, later in pairwise(ordered))
    return sum((min(gap, LONGEST_THOUGHT) for gap in gaps), timedelta(0))


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One domain; ``weight``: its share of the exam when the attempt began, percent."""

    domain: Domain
    weight: int
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
    withheld: bool = False

    @property
    def result(self) -> str:
        if self.withheld:
            return "withheld"
        if self.correct:
            return "correct"
        if not self.marked:
            return "not reached"
        return "incorrect" if self.answered else "blank"

    def belongs_to(self, show: str) -> bool:
        """Whether the report's filter ``show`` keeps this row; unknown filters keep all."""
        kept = {
            "wrong": self.marked and not self.correct and not self.withheld,
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
    extensions: Sequence[Extension]
    time_used: timedelta

    @property
    def answered(self) -> int:
        """How many questions have an answer or were explained."""
        return sum(row.answered or (row.marked and self.attempt.explains) for row in self.questions)

    @property
    def blank_count(self) -> int:
        return sum(row.result == "blank" for row in self.questions)

    @property
    def missed(self) -> int:
        return len(self.filtered("wrong"))

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
    weights = attempt.judged_by.weights
    tried_out = [
        Mark(mark.domain, scored=True, correct=mark.correct) for mark in marks if not mark.scored
    ]
    return Report(
        attempt=attempt,
        domains=tuple(
            DomainRow(domain, weights[domain.code], tallies.get(domain.code, Tally(0, 0)))
            for domain in attempt.exam.domains.all()
            if domain.code in weights
        ),
        questions=tuple(questions),
        percent=tally(marks).percent,
        unscored=tally(tried_out),
        extensions=given_back(attempt),
        time_used=_time_used(attempt),
    )


def _time_used(attempt: Attempt) -> timedelta:
    """By the clock; where there is none, by what was done while it was open."""
    if attempt.deadline is not None or attempt.closed_at is None:
        return attempt.time_used or timedelta(0)
    moments = [*attempt.events.values_list("received_at", flat=True)]
    revealed = attempt.responses.exclude(revealed_at=None).values_list("revealed_at", flat=True)
    moments += [moment for moment in revealed if moment is not None]
    return active_time([attempt.started_at, *moments, attempt.closed_at])


def excerpt_of(stem_html: str) -> str:
    """The first words of a stem without its markup."""
    plain = " ".join(html.unescape(strip_tags(stem_html)).split())
    return Truncator(plain).chars(EXCERPT_LENGTH)


def _question_rows(attempt: Attempt) -> list[QuestionRow]:
    responses = Response.objects.filter(attempt=attempt).with_withheld(attempt.user_id)
    rows = responses.order_by("position").values_list(
        *("position", "task__code", "task__domain__code", "scored", "is_correct", "answer"),
        *("flagged", "version__stem_html", "withheld"),
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
            excerpt=excerpt_of(stem_html),
            marked=correct is not None,
            withheld=withheld,
        )
        for position, task, domain, scored, correct, answer, flagged, stem_html, withheld in rows
    ]
