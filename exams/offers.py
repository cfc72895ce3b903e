"""The exams by blueprint that a candidate may start, with what each asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exams.drawing import Wanted
from exams.models import FixedForm, Mode
from exams.selection import Shortage
from exams.supply import Supply, blueprint
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
    places = plan.places
    short = [
        Shortage(part.domain.code, places[part.domain.code], part.available)
        for part in supply.domains
        if part.available < places[part.domain.code]
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


def form_offer(form: FixedForm) -> Offer:
    """A published form: the same questions for everybody."""
    scored = [question.scored for question in form.questions.all()]
    return Offer(
        exam=form.exam,
        wanted=Wanted(mode=Mode.FORM, form=form),
        title=f"form: {form.title}",
        items=len(scored),
        scored=sum(scored),
        minutes=form.minutes,
    )
