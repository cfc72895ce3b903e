"""Candidates that go on whatever happens: a save is sent again until it is acknowledged."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from tests.load.client import Acknowledged, Candidate, UnexpectedReply, token_of

# As the outbox of the browser, but impatient: a kill a second leaves no time for more.
RETRY_SECONDS = 0.05


@dataclass
class Stubborn:
    """One candidate with an open attempt, saving as fast as the server takes it."""

    candidate: Candidate
    attempt_path: str
    token: str
    positions: int
    acknowledged: list[Acknowledged] = field(default_factory=list)
    times: list[tuple[float, float]] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    failures: int = 0

    @classmethod
    def begin(cls, candidate: Candidate, exam_path: str) -> Stubborn:
        candidate.sign_in()
        fields = {"items": 20, "minutes": 90, "source": "all", "kinds": "choice"}
        token = token_of(candidate.web.get(exam_path))
        began = candidate.web.post(exam_path, fields | {"csrfmiddlewaretoken": token})
        path = began.headers["location"].rsplit("q/", 1)[0]
        page = candidate.view(path, 1)
        return cls(candidate, path, token_of(page), page.text.count("data-cell="))

    def save_until(self, stop: threading.Event) -> None:
        rev = 0
        while not stop.is_set():
            rev += 1
            for position in range(1, self.positions + 1):
                self._save_at_last(position, rev, (str(1 + (rev + position) % 3),))
                if stop.is_set():
                    return

    def _save_at_last(self, position: int, rev: int, answer: tuple[str, ...]) -> None:
        give_up = time.monotonic() + 60
        while True:
            sent = time.monotonic()
            with suppress(OSError, UnexpectedReply, ValueError):
                outcome = self._save(position, rev, answer)
                if outcome in ("applied", "repeated"):
                    self.times.append((sent, time.monotonic()))
                    self._note(outcome, position, rev, answer)
                    return
                if outcome:
                    raise RuntimeError(f"{self.attempt_path} {position}.{rev} was {outcome}")
            self.failures += 1
            self.candidate.web.close()
            if time.monotonic() > give_up:
                raise RuntimeError(f"{self.attempt_path} {position}.{rev} was never taken")
            time.sleep(RETRY_SECONDS)

    def _save(self, position: int, rev: int, answer: tuple[str, ...]) -> str:
        fields = {"epoch": 1, "rev": rev, "answer": answer}
        path = f"{self.attempt_path}q/{position}/save"
        reply = self.candidate.web.post(path, fields, X_CSRFToken=self.token)
        if reply.status not in (200, 409):
            return ""
        return str(json.loads(reply.text)["outcome"])

    def _note(self, outcome: str, position: int, rev: int, answer: tuple[str, ...]) -> None:
        attempt = self.attempt_path.split("/")[2]
        self.acknowledged.append(Acknowledged(attempt, position, rev, answer))
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


class Crowd:
    """Several of them at work, each in a thread of its own, until the block ends."""

    def __init__(self, members: Iterable[Stubborn]) -> None:
        self.members = list(members)
        self._stop = threading.Event()
        self._problems: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=(one,)) for one in self.members]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._problems:
            raise self._problems[0]

    def _run(self, member: Stubborn) -> None:
        try:
            member.save_until(self._stop)
        except BaseException as problem:  # noqa: BLE001  # raised again where the block ends
            self._problems.append(problem)

    @property
    def acknowledged(self) -> list[Acknowledged]:
        return [one for member in self.members for one in member.acknowledged]

    @property
    def failures(self) -> int:
        return sum(member.failures for member in self.members)

    def outcomes(self, name: str) -> int:
        return sum(member.outcomes.get(name, 0) for member in self.members)

    def first_acknowledged_after(self, moment: float) -> float | None:
        """When the first save was acknowledged that was sent after ``moment``."""
        recent = [times for member in self.members for times in member.times[-200:]]
        return min((at for sent, at in recent if sent > moment), default=None)
