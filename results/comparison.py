"""How results at fixed forms compare. Reads only; names nobody.

One attempt of each candidate counts, the first that closed; guests and staff are left out. Below
``ENOUGH`` candidates a comparison would say more about chance, and about persons, than about
scores.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev

from django.db.models import Count, Q, QuerySet

from exams.models import Attempt, FixedForm

ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """``scores``: estimated scores of the others' first attempts."""

    own: int
    scores: Sequence[int]

    @property
    def is_enough(self) -> bool:
        return len(self.scores) >= ENOUGH

    @property
    def median(self) -> int:
        return round(median(self.scores))

    @property
    def below(self) -> int:
        """How many of the others scored lower."""
        return sum(score < self.own for score in self.scores)

    @property
    def equal(self) -> int:
        return sum(score == self.own for score in self.scores)

    @property
    def percentile_rank(self) -> int:
        """Percent of the others who scored lower, and half of those who scored the same."""
        return round(100 * (self.below + self.equal / 2) / len(self.scores))


def compare(attempt: Attempt) -> Comparison | None:
    """None unless ``attempt`` is a closed one at a fixed form."""
    if attempt.fixed_form_id is None or attempt.scaled_score is None:
        return None
    others = _firsts(Q(fixed_form=attempt.fixed_form_id) & ~Q(user=attempt.user_id))
    return Comparison(attempt.scaled_score, [score for _, score, _ in others])


def _firsts(which: Q) -> list[tuple[int, int, bool]]:
    """Form, score and pass of the first closed attempt of each candidate at each form."""
    candidates = Q(user__is_guest=False, user__is_staff=False)
    closed = Attempt.objects.closed().filter(which, candidates)
    firsts = closed.order_by("fixed_form", "user", "closed_at").distinct("fixed_form", "user")
    return [
        (form, score, passed)
        for form, score, passed in firsts.values_list("fixed_form", "scaled_score", "passed")
        if form is not None and score is not None and passed is not None
    ]


# ---- For authors -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FixedFormResults:
    """``attempts``: all that closed; ``scores`` and ``passes``: of first ones only."""

    fixed_form: FixedForm
    attempts: int
    scores: Sequence[int]
    passes: int

    @property
    def is_enough(self) -> bool:
        return len(self.scores) >= ENOUGH

    @property
    def median(self) -> int:
        return round(median(self.scores))

    @property
    def mean(self) -> int:
        return round(mean(self.scores))

    @property
    def deviation(self) -> int:
        """The standard deviation of a sample."""
        return round(stdev(self.scores))

    @property
    def pass_rate(self) -> int:
        return round(100 * self.passes / len(self.scores))


def results_of_fixed_forms() -> list[FixedFormResults]:
    """A row for each form that was ever published (two queries)."""
    published = FixedForm.objects.exclude(published_at=None).select_related("exam")
    scores: dict[int, list[int]] = defaultdict(list)
    passes: dict[int, int] = defaultdict(int)
    for form, score, passed in _firsts(Q(fixed_form__isnull=False)):
        scores[form].append(score)
        passes[form] += passed
    return [
        FixedFormResults(form, sittings, scores[form.pk], passes[form.pk])
        for form, sittings in _with_counts(published)
    ]


def _with_counts(forms: QuerySet[FixedForm]) -> Iterator[tuple[FixedForm, int]]:
    closed = Count("attempts", filter=Q(attempts__closed_at__isnull=False))
    for form in forms.annotate(sittings=closed).order_by("exam__code", "-created_at"):
        yield form, form.sittings
