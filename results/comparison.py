"""How an attempt at a fixed form compares with those of others. Reads only; names nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from exams.models import Attempt

ENOUGH_OTHERS = 5
"""Below so many a comparison would say more about chance, and about persons, than about scores."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``scores``: estimated scores of the others' first attempts; accounts only, no guests."""

    own: int
    scores: Sequence[int]

    @property
    def is_enough(self) -> bool:
        return len(self.scores) >= ENOUGH_OTHERS

    @property
    def median(self) -> int:
        return round(median(self.scores))

    @property
    def below(self) -> int:
        """Percent of the others with a lower score, rounded down."""
        return 100 * sum(score < self.own for score in self.scores) // len(self.scores)


def compare(attempt: Attempt) -> Comparison | None:
    """None unless ``attempt`` is a closed one at a fixed form."""
    if attempt.form_id is None or attempt.scaled_score is None:
        return None
    others = Attempt.objects.closed().filter(form=attempt.form_id, user__is_guest=False)
    firsts = (
        others.exclude(user=attempt.user_id)
        .order_by("user", "started_at")
        .distinct("user")
        .values_list("scaled_score", flat=True)
    )
    return Comparison(attempt.scaled_score, [score for score in firsts if score is not None])
