"""How many questions fit what is chosen for a practice, and what would make them more. Reads only.

What is counted here may still not fit into one attempt: enemies never share a form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from accounts.models import User
from exams.assembly.assemble import Wanted, is_by_blueprint, weights_of
from exams.assembly.scope import Scope, count_in
from exams.assembly.selection import largest_form
from exams.assembly.supply import count_by_domain
from exams.recipes import Recipe, Source
from questions.models import Exam


@dataclass(frozen=True, slots=True)
class Help:
    """What to give up, and how many of the questions that were asked for could then be had."""

    what: str
    largest: int


@dataclass(frozen=True, slots=True)
class Fit:
    """``found`` questions fit; of these ``largest`` make the longest practice, ``asked`` at most.

    The two differ where the shares of the domains hold and one domain has too few.
    """

    asked: int
    found: int
    largest: int
    helps: tuple[Help, ...] = ()

    @property
    def is_enough(self) -> bool:
        return self.largest >= self.asked

    @property
    def is_held_back_by_shares(self) -> bool:
        return self.largest < min(self.asked, self.found)


def fit(user: User, exam: Exam, wanted: Wanted, *, now: datetime) -> Fit:
    """What a practice may be drawn from at this moment."""
    counted = _count(user, exam, wanted, now)
    if counted.is_enough:
        return counted
    others = ((what, _count(user, exam, other, now)) for what, other in _wider(wanted))
    helps = (Help(what, c.largest) for what, c in others if c.largest > counted.largest)
    return replace(counted, helps=tuple(helps))


def _count(user: User, exam: Exam, wanted: Wanted, now: datetime) -> Fit:
    recipe = wanted.recipe
    if not is_by_blueprint(wanted.mode, recipe):
        found = count_in(Scope(exam, user, recipe, wanted.section, now=now))
        return Fit(recipe.items, found, min(found, recipe.items))
    available = count_by_domain(exam, recipe)
    largest = largest_form(weights_of(exam, recipe), available, recipe.items)
    return Fit(recipe.items, available.total(), largest)


def _wider(wanted: Wanted) -> Iterator[tuple[str, Wanted]]:
    recipe = wanted.recipe
    if recipe.source is not Source.ALL:
        yield "all questions", _with(wanted, replace(recipe, source=Source.ALL, attempt=""))
    if recipe.domains or recipe.tasks:
        yield "all domains and tasks", _with(wanted, replace(recipe, domains=(), tasks=()))
    if wanted.section is not None:
        yield "any section of the notes", replace(wanted, section=None, recipe=_any_section(recipe))
    if recipe.kinds:
        yield "all kinds", _with(wanted, replace(recipe, kinds=()))
    if recipe.difficulties:
        yield "every difficulty", _with(wanted, replace(recipe, difficulties=()))


def _with(wanted: Wanted, recipe: Recipe) -> Wanted:
    return replace(wanted, recipe=recipe)


def _any_section(recipe: Recipe) -> Recipe:
    return replace(recipe, section="")
