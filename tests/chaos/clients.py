"""Candidates that go on whatever happens: everything is sent again until it is acknowledged."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Self

from tests.load.client import Acknowledged, Candidate, Reply, UnexpectedReply, token_of

# As the outbox of the browser, but impatient: its pauses of 1 to 15 s would hide how soon the
# server is back.
RETRY_SECONDS = 0.05
GIVE_UP_SECONDS = 60
ROUNDS = 5
"""How often every question is answered before an attempt is handed in."""
PRACTICE = {"items": 20, "minutes": 90, "source": "all", "kinds": "choice"}


class NeverTaken(RuntimeError):
    """Something was sent for a minute, and the server did not take it."""


@dataclass
class Stubborn:
    """One candidate who sits attempt after attempt, saving as fast as the server takes it."""

    candidate: Candidate
    exam_path: str
    attempt: str = ""
    token: str = ""
    positions: int = 0
    acknowledged: list[Acknowledged] = field(default_factory=list)
    times: list[tuple[float, float]] = field(default_factory=list)
    handed_in: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    """Of the replies that were no acknowledgement."""
    refused_in_a_row: int = 0
    """Such replies since the last one that was taken."""
    unanswered: int = 0
    """Requests whose connection broke before a reply came."""

    @property
    def attempt_path(self) -> str:
        return f"/attempts/{self.attempt}/"

    def sit_until(self, stop: threading.Event, *, stays_open: bool) -> None:
        for rev in count(1):
            for position in range(1, self.positions + 1):
                if stop.is_set():
                    return
                self.save(position, rev, (str(1 + (rev + position) % 3),))
            if rev % ROUNDS == 0 and not stays_open:
                self.hand_in()
                self.begin()

    def sign_in(self) -> None:
        """As a person does it: who meets an error page tries again."""

        def signed_in() -> Reply | None:
            self.candidate.sign_in()
            return self._get("/")

        self._until_taken(signed_in)

    def begin(self) -> None:
        """Start an attempt; one that a broken reply hid is found again."""
        token = token_of(self._until_taken(lambda: self._get(self.exam_path)))
        fields = PRACTICE | {"csrfmiddlewaretoken": token}
        began = self._until_taken(lambda: self._redirect(self.exam_path, fields))
        self.attempt = began.headers["location"].split("/")[2]
        page = self._until_taken(lambda: self._get(f"{self.attempt_path}q/1/"))
        self.token, self.positions = token_of(page), page.text.count("data-cell=")

    def save(self, position: int, rev: int, answer: tuple[str, ...]) -> None:
        fields = {"epoch": 1, "rev": rev, "answer": answer}
        path = f"{self.attempt_path}q/{position}/save"
        first_sent = time.monotonic()
        reply = self._until_taken(lambda: self._post(path, fields, (200, 409)))
        outcome = str(json.loads(reply.text)["outcome"])
        self.outcomes[outcome] += 1
        if outcome not in ("applied", "repeated"):
            raise RuntimeError(f"{path} rev {rev} was {outcome}")
        self.times.append((first_sent, time.monotonic()))
        self.acknowledged.append(Acknowledged(self.attempt, position, rev, answer))

    def hand_in(self) -> None:
        path = f"{self.attempt_path}submit/"
        fields = {"csrfmiddlewaretoken": self.token}
        self._until_taken(lambda: self._redirect(path, fields))
        self.handed_in.append(self.attempt)

    # ---- Requests: a reply, or None for "send it again" ----------------------------------------

    def _get(self, path: str) -> Reply | None:
        return self._wanted(self.candidate.web.get(path), (200,))

    def _post(self, path: str, fields: object, wanted: tuple[int, ...]) -> Reply | None:
        return self._wanted(self.candidate.web.post(path, fields, X_CSRFToken=self.token), wanted)

    def _redirect(self, path: str, fields: object) -> Reply | None:
        return self._wanted(self.candidate.web.post(path, fields), (302,))

    def _wanted(self, reply: Reply, wanted: tuple[int, ...]) -> Reply | None:
        if reply.status in wanted:
            self.refused_in_a_row = 0
            return reply
        self.refused_in_a_row += 1
        self.statuses[reply.status] += 1
        return None

    def _until_taken(self, send: Callable[[], Reply | None]) -> Reply:
        give_up = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < give_up:
            try:
                if (reply := send()) is not None:
                    return reply
            except (OSError, UnexpectedReply):
                self.unanswered += 1
            self.candidate.web.close()
            time.sleep(RETRY_SECONDS)
        raise NeverTaken(f"{self.candidate.email}: {self.attempt_path}, {dict(self.statuses)}")


class Crowd:
    """Several of them at work, each in a thread of its own, until the block ends.

    They hand in again and again, and once more at its end, unless ``stays_open``.
    """

    def __init__(self, members: Iterable[Stubborn], *, stays_open: bool = False) -> None:
        self.members = list(members)
        self._stays_open = stays_open
        self._stop = threading.Event()
        self._problems: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=(one,)) for one in self.members]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        with suppress(OSError):
            for member in self.members:
                member.candidate.web.close()
        if self._problems and kind is None:
            raise self._problems[0]

    def _run(self, member: Stubborn) -> None:
        try:
            member.sit_until(self._stop, stays_open=self._stays_open)
            if not self._stays_open:
                member.hand_in()
        except BaseException as problem:  # noqa: BLE001  # raised again where the block ends
            self._problems.append(problem)

    @property
    def acknowledged(self) -> list[Acknowledged]:
        return [one for member in self.members for one in member.acknowledged]

    @property
    def handed_in(self) -> list[str]:
        return [attempt for member in self.members for attempt in member.handed_in]

    @property
    def outcomes(self) -> Counter[str]:
        return sum((member.outcomes for member in self.members), Counter())

    @property
    def statuses(self) -> Counter[int]:
        return sum((member.statuses for member in self.members), Counter())

    @property
    def unanswered(self) -> int:
        return sum(member.unanswered for member in self.members)

    def all_acknowledged_since(self, moment: float) -> float | None:
        """When the last of them had a save acknowledged that was first sent after ``moment``."""
        firsts = [self._first_since(member, moment) for member in self.members]
        return None if None in firsts else max(first for first in firsts if first)

    def check(self) -> None:
        """Raise what ended a candidate before its time: who waits for more would wait for ever."""
        if self._problems:
            raise self._problems[0]

    @staticmethod
    def _first_since(member: Stubborn, moment: float) -> float | None:
        recent = member.times[-500:]
        return next((at for sent, at in recent if sent > moment), None)
