"""The exams by blueprint that a candidate may start, with what each asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exams.assembly.assemble import Wanted
from exams.assembly.selection import Shortage
from exams.assembly.supply import Supply, blueprint
from exams.models import FixedForm, Mode
from questions.models import Exam


@dataclass(frozen=True, slots=True)
class Offer:
    """One exam to start: ``minutes`` are standard time, ``shortages`` why it cannot start."""

    exam: Exam
    wanted: Wanted
    title: str
    items: int
    scored: int
    minutes: float
    shortages: Sequence[Shortage] = ()

    @property
    def unscored(self) -> int:
        return self.items - self.scored

    @property
    def can_start(self) -> bool:
        return self.items > 0 and not self.shortages


def mock_offer(supply: Supply) -> Offer:
    """The full mock exam."""
    exam = supply.exam
    return Offer(
        exam=exam,
        wanted=Wanted(),
        title="mock exam",
        items=exam.items if supply.domains else 0,
        scored=exam.scored_items,
        minutes=exam.minutes,
        shortages=supply.shortages,
    )


def half_offer(supply: Supply) -> Offer:
    """Half of it, by the same shares, in half of the time."""
    plan = blueprint(supply.exam).halved()
    counts = plan.counts
    short = [
        Shortage(part.domain.code, counts[part.domain.code], part.available)
        for part in supply.domains
        if part.available < counts[part.domain.code]
    ]
    return Offer(
        exam=supply.exam,
        wanted=Wanted(mode=Mode.HALF),
        title="half mock exam",
        items=plan.scored + plan.unscored if supply.domains else 0,
        scored=plan.scored,
        minutes=supply.exam.minutes / 2,
        shortages=short,
    )


def fixed_form_offer(fixed_form: FixedForm) -> Offer:
    """A published fixed form: the same questions for everybody."""
    scored = [question.scored for question in fixed_form.questions.all()]
    return Offer(
        exam=fixed_form.exam,
        wanted=Wanted(mode=Mode.FIXED_FORM, fixed_form=fixed_form),
        title=f"form: {fixed_form.title}",
        items=len(scored),
        scored=sum(scored),
        minutes=fixed_form.minutes,
    )
