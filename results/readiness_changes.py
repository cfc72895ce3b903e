"""Which answers moved the chance of passing from one figure to another. Pure: no Django."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from results.readiness import TUNED, Assumptions, ExamFormat, FirstAnswer, chance


class Change(Enum):
    """Why an answer moved the figure."""

    NEW = "new"
    GONE = "gone"
    REMARKED = "remarked"
    """Right where it was wrong or the other way round, or counted for another domain or task."""
    DIFFICULTY = "difficulty"
    """Others' answers say something new about how hard the question is."""
    AGED = "aged"


@dataclass(frozen=True, slots=True)
class Cause:
    """Answers that moved the chance of passing together, by ``points`` (0.05: five percent).

    ``answers``: as they are now; those that are gone, as they were. ``domain`` and ``right`` are
    theirs. There is one cause for all that merely aged, and one for all questions whose difficulty
    is seen otherwise; these two have None for both.
    """

    change: Change
    domain: str | None
    right: bool | None
    answers: tuple[FirstAnswer, ...]
    points: float


@dataclass(frozen=True, slots=True)
class Movement:
    """From one chance of passing to another. ``causes``: the largest first; they add up to it."""

    before: float
    after: float
    causes: tuple[Cause, ...]


_Key = tuple[Change, str | None, bool | None]


def what_changed(
    before: Iterable[FirstAnswer],
    after: Iterable[FirstAnswer],
    exam: ExamFormat,
    assumptions: Assumptions = TUNED,
) -> Movement:
    """Which answers moved the chance of passing between two sets of evidence.

    The groups of answers are put in one after the other, and once more in reverse; a group's
    points are the mean of what it moved both times. So they add up exactly, right answers that
    are new never count against a candidate, and no order is preferred.

    The chances are the model's, even below the floor at which ``readiness`` shows one.
    """
    old = {answer.question: answer for answer in before if answer.domain in exam.weights}
    new = {answer.question: answer for answer in after if answer.domain in exam.weights}
    groups = _grouped(old, new)
    figure = partial(chance, exam=exam, assumptions=assumptions)
    forward = _steps(groups, old, new, figure)
    backward = _steps(dict(reversed(groups.items())), old, new, figure)
    causes = [
        Cause(*key, _named(questions, old, new), (forward[key] + backward[key]) / 2)
        for key, questions in groups.items()
    ]
    return Movement(
        before=figure(old.values()),
        after=figure(new.values()),
        causes=tuple(sorted(causes, key=lambda cause: -abs(cause.points))),
    )


_Answers = Mapping[int, FirstAnswer]
_Groups = Mapping[_Key, Sequence[int]]
_Figure = Callable[[Iterable[FirstAnswer]], float]


def _grouped(old: _Answers, new: _Answers) -> dict[_Key, list[int]]:
    """The questions whose answers differ, by what happened to them; in a fixed order."""
    groups: dict[_Key, list[int]] = defaultdict(list)
    for question in sorted({*old, *new}):
        if (key := _key(old.get(question), new.get(question))) is not None:
            groups[key].append(question)
    return dict(sorted(groups.items(), key=lambda item: _sortable(item[0])))


def _sortable(key: _Key) -> tuple[str, str, bool]:
    change, domain, right = key
    return change.value, domain or "", bool(right)


def _key(old: FirstAnswer | None, new: FirstAnswer | None) -> _Key | None:
    if old is None and new is not None:
        return Change.NEW, new.domain, new.right
    if old is not None and new is None:
        return Change.GONE, old.domain, old.right
    if old is None or new is None or old == new:
        return None
    if replace(old, age_days=new.age_days) == new:
        return Change.AGED, None, None
    if replace(old, age_days=new.age_days, difficulty=new.difficulty) == new:
        return Change.DIFFICULTY, None, None
    return Change.REMARKED, new.domain, new.right


def _steps(groups: _Groups, old: _Answers, new: _Answers, figure: _Figure) -> dict[_Key, float]:
    """What each group moves when they are put in one after the other."""
    held = dict(old)
    last = figure(held.values())
    moved = {}
    for key, questions in groups.items():
        for question in questions:
            held.pop(question, None)
            if question in new:
                held[question] = new[question]
        current = figure(held.values())
        moved[key], last = current - last, current
    return moved


def _named(questions: Iterable[int], old: _Answers, new: _Answers) -> tuple[FirstAnswer, ...]:
    return tuple(new.get(question) or old[question] for question in questions)
