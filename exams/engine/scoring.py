"""Annotations in, score out. Pure: no Django."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Mark:
    """How one question went. Unscored questions never touch the score."""

    domain: str
    scored: bool
    correct: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """The reporting scale of an exam, e.g. 100 to 1000 with a pass at 720."""

    minimum: int
    maximum: int
    pass_mark: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Correct answers out of the scored questions of one part of an exam."""

    correct: int
    items: int

    @property
    def share(self) -> Fraction:
        return Fraction(self.correct, self.items) if self.items else Fraction(0)

    @property
    def percent(self) -> int:
        """Whole percent, rounded half up; 100 only when all is right, 0 only when nothing is."""
        if self.share in (0, 1):
            return int(self.share * 100)
        return min(max(int(self.share * 100 + Fraction(1, 2)), 1), 99)


@dataclass(frozen=True, slots=True)
class Score:
    total: Tally
    scaled: int
    passed: bool


def tally(marks: Iterable[Mark]) -> Tally:
    scored = [mark for mark in marks if mark.scored]
    return Tally(correct=sum(mark.correct for mark in scored), items=len(scored))


def tally_by_domain(marks: Iterable[Mark]) -> dict[str, Tally]:
    """A tally for each domain, in order of its code."""
    by_domain: dict[str, list[Mark]] = {}
    for mark in marks:
        by_domain.setdefault(mark.domain, []).append(mark)
    return {domain: tally(by_domain[domain]) for domain in sorted(by_domain)}


def score(marks: Iterable[Mark], scale: Scale) -> Score:
    """The compensatory score: no domain has a pass mark of its own.

    The true map from correct answers to scaled scores is not published. This one is the
    straight line from nothing right at the scale's minimum to all right at its maximum,
    rounded down so that nobody passes by rounding: an estimate, to be labelled as one.
    """
    total = tally(marks)
    scaled = scale.minimum + int((scale.maximum - scale.minimum) * total.share)
    return Score(total=total, scaled=scaled, passed=scaled >= scale.pass_mark)
