"""The journal of an attempt as its candidate may read it: every save that reached the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from exams.models import Attempt, Outcome
from questions.kinds import letter_of


@dataclass(frozen=True, slots=True)
class Receipt:
    """One save. ``answer``: letters as they were shown, in the order they were given."""

    number: int
    received_at: datetime
    position: int
    sequence: str
    answer: str
    outcome: str

    @property
    def counted(self) -> bool:
        return self.outcome in (Outcome.APPLIED.label, Outcome.REPEATED.label)


def load_receipts(attempt: Attempt) -> list[Receipt]:
    """All saves of ``attempt`` in the order the server received them, refused ones too."""
    orders = dict(attempt.responses.values_list("position", "option_order"))
    events = attempt.events.order_by("id").values_list(
        "received_at", "position", "epoch", "rev", "answer", "outcome"
    )
    return [
        Receipt(
            number=number,
            received_at=received_at,
            position=position,
            sequence=f"{epoch}.{rev}",
            answer=_letters(answer, orders[position]),
            outcome=Outcome(outcome).label,
        )
        for number, (received_at, position, epoch, rev, answer, outcome) in enumerate(events, 1)
    ]


def _letters(answer: Sequence[str], order: Sequence[str]) -> str:
    if not answer:
        return "blank"
    # An open prompt of a matching question stands as a low line.
    letters = [letter_of(order.index(option) + 1) if option else "_" for option in answer]
    return " ".join(letters)
