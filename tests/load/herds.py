"""Everybody at once: 500 starts, 1,000 saves in the last second, 500 hand-ins."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from tests.load.client import Acknowledged, Candidate
from tests.load.crowd import CSRF_TOKEN, all_at_once, new_candidates, sign_in_at_once
from tests.load.server import Server

HERD = 500
# One close is recorded within five seconds; 500 of the same moment take their turns.
START_SECONDS, DRAIN_SECONDS, CLOSE_SECONDS = 15, 10, 15
SAVES_EACH = 2


@dataclass(frozen=True)
class Herd:
    """Candidates with an open attempt each."""

    candidates: Sequence[Candidate]
    paths: dict[str, str]

    def path_of(self, candidate: Candidate) -> str:
        return self.paths[candidate.email]

    @property
    def attempts(self) -> list[str]:
        return [path.split("/")[2] for path in self.paths.values()]


def start_herd(
    server: Server, exam: str, say: Callable[[str], None], label: str
) -> tuple[Herd, list[str]]:
    """All press Start at the same moment and get their first question; what went wrong."""
    candidates = new_candidates(server.port, HERD, label)
    sign_in_at_once(candidates)
    paths: dict[str, str] = {}
    seconds: list[float] = []

    def begin(candidate: Candidate) -> None:
        since = time.perf_counter()
        began = candidate.web.post(exam, {"csrfmiddlewaretoken": CSRF_TOKEN})
        address = began.headers["location"]
        page = candidate.web.get(address, Accept_Encoding="gzip")
        if page.status == 200:
            paths[candidate.email] = address.rsplit("q/", 1)[0]
        seconds.append(time.perf_counter() - since)

    before, since = server.processor(), time.perf_counter()
    all_at_once(partial(begin, candidate) for candidate in candidates)
    took = time.perf_counter() - since
    cost = (server.processor() - before).total / HERD
    herd = Herd(candidates, paths)
    whole = _whole_attempts(herd)
    say(
        f"\nStart herd: {len(paths)} of {HERD} had their first question after {took:.1f} s "
        f"(promised {START_SECONDS}); server CPU {cost * 1000:.0f} ms each; "
        f"{whole} attempts of 65 questions"
    )
    return herd, ["start herd"] * (took > START_SECONDS or not HERD == len(paths) == whole)


def _whole_attempts(herd: Herd) -> int:
    from django.db.models import Count

    from exams.models import Attempt

    rows = Attempt.objects.filter(pk__in=herd.attempts).annotate(size=Count("responses"))
    return rows.filter(size=65).count()


def deadline_herd(herd: Herd, say: Callable[[str], None]) -> tuple[list[Acknowledged], list[str]]:
    """Two saves of everybody in the last second; stamped as a proxy would stamp them."""
    from exams.engine.audit import audit
    from exams.models import Attempt

    acknowledged: list[Acknowledged] = []
    refused: list[str] = []
    positions = _choices(herd)
    deadline = _end_in(herd, timedelta(seconds=1.5))
    received = f"{deadline.timestamp() - 0.2:.3f}"

    def save(candidate: Candidate) -> None:
        path = herd.path_of(candidate)
        for position in positions[path.split("/")[2]]:
            fields = {"epoch": 1, "rev": 1, "answer": "1"}
            reply = candidate.web.post(
                f"{path}q/{position}/save", fields, X_CSRFToken=CSRF_TOKEN, X_Received_At=received
            )
            if reply.status == 200:
                one = Acknowledged(path.split("/")[2], position, 1, ("1",))
                acknowledged.append(one)
            else:
                refused.append(json.loads(reply.text)["outcome"] if reply.status == 409 else "?")

    since = time.perf_counter()
    all_at_once(partial(save, candidate) for candidate in herd.candidates)
    drained = time.perf_counter() - since
    closed = _seconds_until_closed(herd, deadline)
    rows = Attempt.objects.filter(pk__in=herd.attempts).select_related("exam", "fixed_form")
    differences = sum(1 for attempt in rows if attempt.is_closed for _ in audit(attempt))
    say(
        f"Deadline herd: {len(acknowledged)} saves of the last second drained in {drained:.1f} s "
        f"(promised {DRAIN_SECONDS}), {len(refused)} refused; all closed {closed:.1f} s after the "
        f"deadline; audit: {differences} differences"
    )
    wrong = bool(refused or differences or drained > DRAIN_SECONDS or closed > CLOSE_SECONDS)
    return acknowledged, ["deadline herd"] * wrong


def _choices(herd: Herd) -> dict[str, list[int]]:
    from exams.models import Response

    rows = Response.objects.filter(attempt__pk__in=herd.attempts, version__kind="choice")
    positions: dict[str, list[int]] = {}
    for attempt, position in rows.order_by("position").values_list("attempt", "position"):
        positions.setdefault(str(attempt), []).append(position)
    return {attempt: found[:SAVES_EACH] for attempt, found in positions.items()}


def _end_in(herd: Herd, left: timedelta) -> datetime:
    from django.utils import timezone

    from exams.models import Attempt

    deadline = timezone.now() + left
    rows = Attempt.objects.filter(pk__in=herd.attempts)
    first = rows[0]
    length = first.deadline - first.started_at if first.deadline else left
    rows.update(started_at=deadline - length, deadline=deadline)
    return deadline


def _seconds_until_closed(herd: Herd, deadline: datetime) -> float:
    from django.utils import timezone

    from exams.models import Attempt

    rows = Attempt.objects.filter(pk__in=herd.attempts).open()
    while rows.exists() and timezone.now() < deadline + timedelta(seconds=60):
        time.sleep(0.1)
    return (timezone.now() - deadline).total_seconds()


def hand_in_herd(herd: Herd, say: Callable[[str], None]) -> list[str]:
    """Everybody hands in at the same moment."""
    statuses: list[int] = []

    def submit(candidate: Candidate) -> None:
        fields = {"csrfmiddlewaretoken": CSRF_TOKEN}
        statuses.append(candidate.web.post(f"{herd.path_of(candidate)}submit/", fields).status)

    since = time.perf_counter()
    all_at_once(partial(submit, candidate) for candidate in herd.candidates)
    took = time.perf_counter() - since
    say(f"Hand-in herd: {statuses.count(302)} of {HERD} handed in within {took:.1f} s")
    return ["hand-in herd"] * (statuses.count(302) != HERD)
