"""Whether an exam can be booked today, as its card says it and as exams are ordered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext

from questions.content.schema import ExamStatus
from questions.models import Exam

LANGUAGE = "English"
"""Of the questions: an exam that can be booked in it comes before one that cannot."""


@dataclass(frozen=True, slots=True)
class Availability:
    """``label`` and ``details`` in words; ``is_current``: can be booked in LANGUAGE today."""

    label: str
    details: str
    note: str
    is_current: bool


def availability(exam: Exam, *, today: date) -> Availability | None:
    """None where nothing is known: then nothing is said."""
    if exam.status is None:
        return None
    # As JSON: the schema is strict, and a date is stored as text.
    status = ExamStatus.model_validate_json(json.dumps(exam.status))
    bookable = status.is_bookable(today=today)
    return Availability(
        label=status.label,
        details=_details(status, bookable=bookable),
        note=status.note.strip(),
        is_current=bookable and (not status.languages or LANGUAGE in status.languages),
    )


def _details(status: ExamStatus, *, bookable: bool) -> str:
    if not bookable:
        return gettext("can no longer be booked")
    if not status.languages:
        return gettext("can be booked")
    languages = ", ".join(status.languages)
    return gettext("can be booked in %(languages)s") % {"languages": languages}


def is_out_of_date(exam: Exam, *, today: date) -> bool:
    """Whether it is known that it cannot be booked in LANGUAGE: others are offered first."""
    known = availability(exam, today=today)
    return known is not None and not known.is_current
