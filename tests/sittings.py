"""Shortcuts for sitting exams in tests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from exams.assembly.assemble import Wanted
from exams.engine import attempts, saves
from exams.engine.saves import Save, Saved
from exams.models import Attempt, Mode, Response
from exams.recipes import Recipe
from questions.models import Exam, NoteSection


def begin(user: User, exam: Exam, *, now: datetime | None = None, seed: int = 1) -> Attempt:
    return attempts.start(user=user, exam=exam, now=now or timezone.now(), seed=seed)


def practise(
    user: User, section: NoteSection, *, now: datetime, replace: bool = False, **fields: Any
) -> Attempt:
    """Start to study ten questions of ``section``; ``fields`` of the recipe."""
    recipe = Recipe(items=10, section=section.anchor, **fields)
    wanted = Wanted(mode=Mode.STUDY, recipe=recipe, section=section)
    return attempts.start(user=user, exam=section.exam, now=now, wanted=wanted, replace=replace)


def deadline_of(attempt: Attempt) -> datetime:
    """The deadline of a timed attempt."""
    assert attempt.deadline is not None
    return attempt.deadline


def answer(
    attempt: Attempt,
    position: int,
    given: Sequence[str],
    *,
    rev: int = 1,
    epoch: int = 1,
    after: timedelta = timedelta(minutes=1),
) -> Saved:
    """Save ``given`` (places) ``after`` the start of the attempt."""
    return saves.save_answer(
        user=attempt.user,
        attempt_id=attempt.pk,
        save=Save(position=position, epoch=epoch, rev=rev, given=given),
        now=attempt.started_at + after,
    )


def right_places(response: Response) -> list[str]:
    """The answer that earns the mark, as the places a browser would send."""
    return [str(response.option_order.index(option) + 1) for option in response.version.key]


def answer_rightly(attempt: Attempt, count: int) -> None:
    """Answer the first ``count`` scored questions rightly."""
    scored = attempt.responses.filter(scored=True).select_related("version")
    for response in scored.order_by("position")[:count]:
        answer(attempt, response.position, right_places(response))
