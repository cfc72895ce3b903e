"""B7: new code and a wider schema come into service while everybody saves."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from tests.chaos.clients import Stubborn
from tests.chaos.findings import Finding
from tests.chaos.kills import CANDIDATES, losses_after
from tests.chaos.site import Site, database, execute, wait_until
from tests.load.client import Acknowledged
from tests.load.crowd import losses_of

DEPLOYS = 2
RENEWAL_SECONDS = 90
CONTROL_SECONDS = 30


@dataclass(frozen=True)
class OpenPage:
    """A question as a browser without JavaScript has it open since before a deploy."""

    candidate: Stubborn
    fields: dict[str, str]

    @classmethod
    def of(cls, candidate: Stubborn) -> OpenPage:
        page = candidate.candidate.web.get(f"{candidate.attempt_path}q/1/").text
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', page)
        return cls(candidate, dict(hidden))

    def send(self) -> list[str]:
        """Save by the plain form; what went wrong."""
        web = self.candidate.candidate.web
        web.close()
        reply = web.post(
            f"{self.candidate.attempt_path}q/1/", self.fields | {"answer": "2", "go": "next"}
        )
        if reply.status != 302:
            return [f"the page from before the deploy: {reply.status} instead of a save"]
        saved = Acknowledged(self.candidate.attempt, 1, int(self.fields["rev"]), ("2",))
        with database():
            return losses_of([saved])


def deploy(here: Site) -> Finding:
    (reader,) = here.crowd(1, "page").members
    page = OpenPage.of(reader)
    seconds = []
    with here.crowd(CANDIDATES, "deploy") as crowd:
        for number in range(DEPLOYS):
            time.sleep(1)
            seconds.append(_deploy(here, number))
        time.sleep(1)
    losses = losses_after(crowd) + page.send() + _server_errors(crowd.statuses)
    execute(*(f"ALTER TABLE exams_response DROP COLUMN chaos_{n}" for n in range(DEPLOYS)))
    return Finding(
        "deploy: wider schema, new code",
        DEPLOYS,
        losses,
        len(crowd.acknowledged),
        also=f"{max(seconds):.0f} s each; {crowd.unanswered} requests sent again",
    )


def _deploy(here: Site, number: int) -> float:
    """Widen a table as an expanding migration does, then have the code renewed."""
    execute(
        "SET lock_timeout = '2s'", f"ALTER TABLE exams_response ADD COLUMN chaos_{number} integer"
    )
    start = time.monotonic()
    old = {worker.pid for worker in (*here.web_workers(), here.background_worker())}
    here.renew()

    def is_replaced() -> bool:
        return not old & {worker.pid for worker in (*here.web_workers(), here.background_worker())}

    if not wait_until(is_replaced, RENEWAL_SECONDS):
        raise RuntimeError(f"The code was not renewed within {RENEWAL_SECONDS} s.")
    return time.monotonic() - start


def _server_errors(statuses: dict[int, int]) -> list[str]:
    """A candidate may have to send again what a closing connection lost, but not for an error."""
    return [f"{count} times status {status}" for status, count in statuses.items() if status >= 400]


def narrowing_deploy(here: Site) -> Finding:
    """Control: a migration that takes away at once what the running code needs."""
    rename = "ALTER TABLE exams_response RENAME COLUMN {} TO {}"
    with here.crowd(CANDIDATES, "narrow") as crowd:
        time.sleep(1)
        execute(rename.format("saved_at", "chaos_saved_at"))
        wait_until(lambda: bool(_server_errors(crowd.statuses)), CONTROL_SECONDS)
        execute(rename.format("chaos_saved_at", "saved_at"))
    return Finding(
        "deploy that narrows the schema",
        1,
        losses_after(crowd) + _server_errors(crowd.statuses),
        len(crowd.acknowledged),
        is_control=True,
    )
