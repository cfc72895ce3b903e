"""Giving candidates back the time of an outage; the one writer of outages and extensions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import User
from exams.models import Attempt, CloseReason, Extension, Outage

Period = tuple[datetime, datetime]


_RECORDING = 0x6F757461676573
"""The key of the advisory lock that a record of an outage holds; any number used nowhere else."""


class ImpossibleOutage(ValueError):
    """Start and end make no outage that is over; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Credit:
    """What one running attempt gets: the part of the outage in which it ran."""

    attempt: Attempt
    added: timedelta


@dataclass(frozen=True, slots=True)
class OutagePreview:
    """What recording an outage would do. ``ended`` ran out within it and cannot be reopened."""

    credits: tuple[Credit, ...]
    ended: tuple[Attempt, ...]


def uncovered(period: Period, earlier: Iterable[Period]) -> list[Period]:
    """The parts of ``period`` that none of ``earlier`` covers, in order. Pure."""
    parts = []
    start, end = period
    for other_start, other_end in sorted(earlier):
        if start < min(other_start, end):
            parts.append((start, min(other_start, end)))
        start = max(start, other_end)
    if start < end:
        parts.append((start, end))
    return parts


def overlap(parts: Iterable[Period], since: datetime) -> timedelta:
    """How much of ``parts`` lies after ``since``. Pure."""
    return sum((end - max(start, since) for start, end in parts if end > since), timedelta(0))


def preview(*, started_at: datetime, ended_at: datetime, now: datetime) -> OutagePreview:
    """What ``record`` would do at this moment. Raises ImpossibleOutage."""
    _refuse_impossible(started_at, ended_at, now)
    return OutagePreview(
        tuple(_credits(_running(started_at, ended_at), (started_at, ended_at))),
        tuple(_ran_out(started_at, ended_at)),
    )


@transaction.atomic
def record(
    *, started_at: datetime, ended_at: datetime, reason: str, by: User | None, now: datetime
) -> Outage:
    """Record an outage and extend every attempt that ran in it and still runs.

    Each gets the part of the outage after its start; what an earlier outage credited is not
    credited again; paused study needs nothing. Raises ImpossibleOutage.
    """
    _refuse_impossible(started_at, ended_at, now)
    # One at a time: two operators who record the same outage at once would both credit it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_RECORDING])
    # In the order of their ids, as everywhere where several are locked; whoever saves, hands in
    # or closes one waits, and then sees the new deadline.
    running = list(_running(started_at, ended_at).select_for_update(no_key=True))
    credits_ = list(_credits(running, (started_at, ended_at)))
    outage = Outage.objects.create(
        started_at=started_at, ended_at=ended_at, reason=reason, recorded_at=now, recorded_by=by
    )
    for credit in credits_:
        _extend(credit.attempt, credit.added, outage)
    return outage


def _refuse_impossible(started_at: datetime, ended_at: datetime, now: datetime) -> None:
    if ended_at <= started_at:
        raise ImpossibleOutage("The outage must end after it starts.")
    if ended_at > now:
        raise ImpossibleOutage("Record an outage when it is over: its end lies in the future.")


def _running(started_at: datetime, ended_at: datetime) -> QuerySet[Attempt]:
    timed = Attempt.objects.open().filter(deadline__gt=started_at, paused_at=None)
    return timed.filter(started_at__lt=ended_at).order_by("pk")


def _ran_out(started_at: datetime, ended_at: datetime) -> QuerySet[Attempt]:
    closed = Attempt.objects.closed().filter(close_reason=CloseReason.EXPIRED)
    within = closed.filter(closed_at__gt=started_at, closed_at__lte=ended_at)
    return within.select_related("user", "exam").order_by("pk")


def _credits(running: Iterable[Attempt], period: Period) -> Iterable[Credit]:
    earlier = list(
        Outage.objects.filter(started_at__lt=period[1], ended_at__gt=period[0]).values_list(
            "started_at", "ended_at"
        )
    )
    parts = uncovered(period, earlier)
    for attempt in running:
        if added := overlap(parts, attempt.started_at):
            yield Credit(attempt, added)


def _extend(attempt: Attempt, added: timedelta, outage: Outage) -> None:
    if attempt.deadline is None:
        return
    before = attempt.deadline
    attempt.deadline = before + added
    attempt.save(update_fields=["deadline"])
    Extension.objects.create(
        outage=outage, attempt=attempt, deadline_before=before, deadline_after=attempt.deadline
    )


def given_back(attempt: Attempt) -> Sequence[Extension]:
    """The extensions of ``attempt`` with their outages, for its report."""
    return list(attempt.extensions.select_related("outage"))
