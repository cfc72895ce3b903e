"""What is conspicuous about the figures of a question. Pure: no Django.

Each rule has a sample below which it says nothing; ``results.sample_gates`` has the reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import comb, factorial, perm

from questions.kinds import Kind
from results.sample_gates import (
    DISCRIMINATION_FROM,
    DISTRACTORS_FROM,
    FLAGS_FROM,
)

SLOW = 2
"""Times the median of questions of the same exam and kind."""

Evidence = dict[str, float | int | list[str]]
"""The figures that a rule fired by, as an alarm keeps them."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the rules look at. Shares from 0 to 1, times in seconds, None where unknown.

    ``takers``: how many chose each distractor; None for kinds without distractors of their own.
    ``top_agreed`` of the ``top_size`` best by their rest score answered ``top_answer``.
    ``typical_seconds``: the median of the medians of questions of the same exam and kind.
    """

    kind: Kind
    key: Sequence[str]
    options: int
    answers: int
    facility: float | None
    rests: int
    discrimination: float | None
    takers: Mapping[str, int] | None
    top_answer: Sequence[str]
    top_agreed: int
    top_size: int
    timed: int
    median_seconds: float | None
    typical_seconds: float | None

    @property
    def chance(self) -> float:
        """The facility that guessing gives on average."""
        return chance(self.kind, options=self.options, key_size=len(self.key))


def chance(kind: Kind, *, options: int, key_size: int) -> float:
    """How likely a blind guess is right; that of a response knows how many to select."""
    ways = {
        Kind.CHOICE: options,
        Kind.RESPONSE: comb(options, key_size),
        Kind.ORDERING: factorial(options),
        Kind.MATCHING: perm(options, key_size),
    }
    return 1 / ways[kind]


def conspicuous(figures: Figures) -> dict[str, Evidence]:
    """What is conspicuous, by the value of its ``AlarmKind``; nothing for small samples."""
    found = {kind: rule(figures) for kind, rule in _RULES.items()}
    return {kind: evidence for kind, evidence in found.items() if evidence is not None}


def _negative(figures: Figures) -> Evidence | None:
    value = figures.discrimination
    if figures.rests < DISCRIMINATION_FROM or value is None or value >= 0:
        return None
    return {"discrimination": value, "rests": figures.rests}


def _other_answer(figures: Figures) -> Evidence | None:
    if figures.rests < DISCRIMINATION_FROM or 2 * figures.top_agreed <= figures.top_size:
        return None
    in_order = figures.kind.is_sequence
    key = list(figures.key) if in_order else sorted(figures.key)
    if not figures.top_answer or list(figures.top_answer) == key:
        return None
    agreed: Evidence = {"agreed": figures.top_agreed, "size": figures.top_size}
    return agreed | {"answer": list(figures.top_answer)}


def _under_chance(figures: Figures) -> Evidence | None:
    if figures.answers < FLAGS_FROM or figures.facility is None:
        return None
    if figures.facility >= figures.chance:
        return None
    return {"facility": figures.facility, "chance": figures.chance, "answers": figures.answers}


def _unused(figures: Figures) -> Evidence | None:
    if figures.answers < DISTRACTORS_FROM or figures.takers is None:
        return None
    unused = [option for option, takers in figures.takers.items() if not takers]
    return {"options": unused, "answers": figures.answers} if unused else None


def _slow(figures: Figures) -> Evidence | None:
    median, typical = figures.median_seconds, figures.typical_seconds
    if figures.timed < FLAGS_FROM or median is None or typical is None:
        return None
    if median <= SLOW * typical:
        return None
    return {"median": median, "typical": typical, "timed": figures.timed}


_RULES: dict[str, Callable[[Figures], Evidence | None]] = {
    "negative": _negative,
    "other": _other_answer,
    "chance": _under_chance,
    "unused": _unused,
    "slow": _slow,
}
