"""What a candidate asks for when starting an attempt that is not the standard exam.

Pure: no Django. A recipe is stored with its attempt, so that a result says what it was drawn
from, and with the seed and the bank it rebuilds the draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

MOST_ITEMS = 200
MOST_MINUTES = 600


class Source(StrEnum):
    """Which of the questions that fit are drawn."""

    ALL = "all"
    UNSEEN = "unseen"
    MISSED = "missed"
    FLAGGED = "flagged"
    WEAKEST = "weakest"
    DUE = "due"

    @property
    def label(self) -> str:
        return _SOURCE_LABELS[self]


_SOURCE_LABELS = {
    Source.ALL: "all questions",
    Source.UNSEEN: "questions not seen yet",
    Source.MISSED: "missed questions",
    Source.FLAGGED: "flagged questions",
    Source.WEAKEST: "weakest tasks",
    Source.DUE: "questions due for review",
}


class ImpossibleRecipe(ValueError):
    """Nothing can be drawn by this recipe; the message is fit to show to a candidate."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How many questions in how many standard minutes (None: untimed), drawn from what.

    Empty ``domains``, ``tasks``, ``kinds`` and ``difficulties`` stand for all of them; domains and
    tasks are codes of the exam's blueprint, ``section`` the anchor of a note section. ``attempt``
    is the id of a closed attempt: what was missed means missed in it.
    """

    items: int = 0
    minutes: int | None = None
    source: Source = Source.ALL
    domains: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    section: str = ""
    kinds: tuple[str, ...] = ()
    difficulties: tuple[int, ...] = ()
    attempt: str = ""

    def check(self) -> None:
        """Raises ImpossibleRecipe when no attempt may begin by it.

        Not called when one is read: a limit that was lowered since must not break old attempts.
        """
        if not 0 <= self.items <= MOST_ITEMS:
            raise ImpossibleRecipe(f"Choose from 1 to {MOST_ITEMS} questions.")
        if self.minutes is not None and not 1 <= self.minutes <= MOST_MINUTES:
            raise ImpossibleRecipe(f"Choose from 1 to {MOST_MINUTES} minutes.")

    @property
    def subject(self) -> str:
        """What it is about, in a few words; empty for the whole exam."""
        parts = []
        if self.attempt:
            parts.append("questions missed in one attempt")
        elif self.source is not Source.ALL:
            parts.append(self.source.label)
        if self.domains:
            parts.append(f"domain {' and '.join(self.domains)}")
        if self.tasks:
            parts.append(f"task {' and '.join(self.tasks)}")
        return ", ".join(parts)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Recipe:
        """The recipe that ``as_json`` stored; what was not stored keeps its default.

        Names and sources that newer code stored are passed over: old and new servers read the
        same rows while a release is rolled out, and after it was rolled back.
        """
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in stored.items()
            if name in known
        }
        source = values.get("source", Source.ALL)
        return cls(**values | {"source": Source(source) if source in set(Source) else Source.ALL})


ANYTHING = Recipe()
"""Narrows nothing down."""
