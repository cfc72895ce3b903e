"""What the bank can supply for an exam: the questions to draw from, and for how many forms.

A question serves its own exam, and the exams whose tasks its published version names as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Prefetch, Q, QuerySet
from django.db.models.expressions import RawSQL

from exams.assembly.selection import Blueprint, Shortage
from exams.recipes import ANYTHING, Recipe
from questions.models import Domain, Exam, Question

# A question in use belongs to an exam by the one or the other.
_HOME, _GUEST = "published__task", "published__also"


class Drawable(NamedTuple):
    """A question that a form may be drawn from, with the exam's task that it serves."""

    home: str
    slug: str
    question_id: int
    version_id: int
    task_id: int
    task: str
    domain: str
    enemies: list[str]
    created_at: datetime

    @property
    def name(self) -> str:
        """Unique over all exams; a slug is so only within its own."""
        return f"{self.home}/{self.slug}"

    @property
    def enemy_names(self) -> frozenset[str]:
        return frozenset(f"{self.home}/{slug}" for slug in self.enemies)


def drawable(exam: Exam, recipe: Recipe = ANYTHING, *, among: Q | None = None) -> list[Drawable]:
    """The questions that a form of ``exam`` may be drawn from today, in a fixed order.

    ``recipe`` narrows them by domain, task, kind and difficulty, ``among`` by a condition on
    Question.
    """
    return sorted(Drawable(*row) for row in _rows(exam, recipe, among or Q()))


def count_drawable(exam: Exam, recipe: Recipe = ANYTHING, *, among: Q | None = None) -> int:
    """How many ``drawable`` would return."""
    return _rows(exam, recipe, among or Q()).count()


def count_by_domain(exam: Exam, recipe: Recipe = ANYTHING) -> Counter[str]:
    """How many of those that ``drawable`` would return are of each domain, by its code."""
    available: Counter[str] = Counter()
    for task in (_HOME, _GUEST):
        code = f"{task}__domain__code"
        rows = _in_use(exam, task, recipe, Q()).values_list(code).annotate(Count("id"))
        available.update(dict(rows))
    return available


def _rows(exam: Exam, recipe: Recipe, among: Q) -> QuerySet[Question, tuple[Any, ...]]:
    home, guests = (
        _in_use(exam, task, recipe, among).values_list(*_columns(task)) for task in (_HOME, _GUEST)
    )
    return home.union(guests, all=True)


def in_ids(ids: Sequence[int]) -> Q:
    """That a row's id is one of ``ids``: one parameter, since a statement takes 65,535 at most."""
    return Q(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [list(ids)]))  # no text of anybody


def kinds_asked(exam: Exam, recipe: Recipe) -> list[str]:
    """Those of the exam's kinds that ``recipe`` allows."""
    return [kind for kind in exam.kinds if not recipe.kinds or kind in recipe.kinds]


def _columns(task: str) -> tuple[str, ...]:
    """Those of Drawable, in its order."""
    return (
        *("exam__slug", "slug", "id", "published_id", task),
        *(f"{task}__code", f"{task}__domain__code", "published__enemies", "created_at"),
    )


def _in_use(exam: Exam, task: str, recipe: Recipe, among: Q) -> QuerySet[Question]:
    wanted = {
        "published__difficulty__in": recipe.difficulties,
        f"{task}__domain__code__in": recipe.domains,
        f"{task}__code__in": recipe.tasks,
    }
    return Question.objects.order_by().filter(
        among,
        retired_at=None,
        published__kind__in=kinds_asked(exam, recipe),
        **{f"{task}__domain__exam": exam},
        **{name: values for name, values in wanted.items() if values},
    )


def blueprint(exam: Exam) -> Blueprint:
    return Blueprint(
        weights={domain.code: domain.weight for domain in exam.domains.all()},
        scored=exam.scored_items,
        unscored=exam.items - exam.scored_items,
    )


# ---- For how many forms ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DomainSupply:
    """What one form needs of a domain, and what there is."""

    domain: Domain
    needed: int
    available: int

    @property
    def forms(self) -> int:
        """How many forms without a common question this domain suffices for."""
        return self.available // self.needed

    @property
    def shortage(self) -> Shortage | None:
        if self.available >= self.needed:
            return None
        return Shortage(self.domain.code, self.needed, self.available)


@dataclass(frozen=True, slots=True)
class Supply:
    """What the bank can supply for one exam. Domains that a form asks nothing of are left out."""

    exam: Exam
    domains: tuple[DomainSupply, ...]

    @property
    def forms(self) -> int:
        return min((domain.forms for domain in self.domains), default=0)

    @property
    def available(self) -> int:
        """How many questions there are."""
        return sum(domain.available for domain in self.domains)

    @property
    def limiting(self) -> list[DomainSupply]:
        """The domains that allow no more forms."""
        return [domain for domain in self.domains if domain.forms == self.forms]

    @property
    def shortages(self) -> list[Shortage]:
        """Why there is not even one form; empty when there is."""
        return [domain.shortage for domain in self.domains if domain.shortage]


def supplies(exams: QuerySet[Exam]) -> list[Supply]:
    """The supply of each of ``exams``, in their order (four queries)."""
    domains = Domain.objects.order_by("code")
    rows = list(exams.prefetch_related(Prefetch("domains", queryset=domains)))
    available = _available(rows)
    return [_supply(exam, available) for exam in rows]


def _supply(exam: Exam, available: Counter[int]) -> Supply:
    needed = blueprint(exam).counts
    return Supply(
        exam,
        tuple(
            DomainSupply(domain, needed[domain.code], available[domain.pk])
            for domain in exam.domains.all()
            if needed[domain.code]
        ),
    )


def _available(exams: Iterable[Exam]) -> Counter[int]:
    """How many questions there are to draw from, by the id of the domain."""
    kinds = {exam.pk: set(exam.kinds) for exam in exams}
    available: Counter[int] = Counter()
    for task in (_HOME, _GUEST):
        rows = (
            Question.objects.order_by()
            .filter(retired_at=None, **{f"{task}__domain__exam__in": kinds})
            .values_list(f"{task}__domain", f"{task}__domain__exam", "published__kind")
            .annotate(Count("id"))
        )
        for domain, exam, kind, count in rows:
            available[domain] += count * (kind in kinds[exam])
    return available
