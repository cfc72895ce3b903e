"""B1 and B3: web workers, the whole web server and Postgres are killed while candidates save."""

from __future__ import annotations

import time

from tests.chaos.clients import Crowd
from tests.chaos.closings import wrong_closings
from tests.chaos.findings import Finding
from tests.chaos.site import Site, database, execute, strike
from tests.load.crowd import losses_of

CANDIDATES = 8
WORKER_KILLS, SERVER_KILLS, POSTGRES_KILLS = 26, 4, 10
CONTROL_KILLS = 3
# Granian takes two ends of one worker within 5.5 s for a crash loop and gives up; the supervisor
# then starts it again, which the kills of the whole server try.
WORKER_PAUSE = (2.5, 3.5)


def losses_after(crowd: Crowd) -> list[str]:
    """What the database lacks of all that a crowd was told, hand-ins included."""
    with database():
        lost = losses_of(crowd.acknowledged)
    return lost + wrong_closings(crowd.handed_in)


def web_worker(here: Site, *, times: int = WORKER_KILLS, is_control: bool = False) -> Finding:
    """B1: a web worker dies in the middle of its requests."""
    # The control's saves come too late for a hand-in even when nobody dies.
    with here.crowd(CANDIDATES, f"web{is_control}", stays_open=is_control) as crowd:
        recoveries = strike(
            *(here, crowd),
            times=times,
            victims=lambda: [here.oldest_web_worker()],
            pause=WORKER_PAUSE,
        )
        time.sleep(1)
    return Finding(
        "acknowledged before it is saved" if is_control else "web worker, kill -9",
        times,
        losses_after(crowd),
        len(crowd.acknowledged),
        recoveries,
        is_control=is_control,
        also=f"{len(crowd.handed_in)} handed in",
    )


def web_server(here: Site) -> Finding:
    """B1: the whole web server dies; the supervisor starts another."""
    with here.crowd(CANDIDATES, "server") as crowd:
        recoveries = strike(
            *(here, crowd),
            times=SERVER_KILLS,
            victims=lambda: [here.web_main(), *here.web_workers()],
            pause=(1.0, 2.0),
        )
    return Finding(
        "web server with all workers, kill -9",
        SERVER_KILLS,
        losses_after(crowd),
        len(crowd.acknowledged),
        recoveries,
        also=f"{len(crowd.handed_in)} handed in",
    )


def postgres(here: Site, *, times: int = POSTGRES_KILLS, is_control: bool = False) -> Finding:
    """B3: Postgres and all its backends die."""
    with here.crowd(CANDIDATES, f"db{is_control}", stays_open=is_control) as crowd:
        if is_control:
            # It is to forget saves. A candidate whose attempt it forgot could send no more.
            execute("CHECKPOINT")
        recoveries = strike(*(here, crowd), times=times, victims=here.postgres, pause=(1.0, 3.0))
    return Finding(
        "Postgres without synchronous_commit" if is_control else "Postgres, kill -9",
        times,
        losses_after(crowd),
        len(crowd.acknowledged),
        recoveries,
        is_control=is_control,
        also=f"{len(crowd.handed_in)} handed in",
    )


def hasty_server(here: Site) -> Finding:
    """Control of B1, for a server that acknowledges before the commit."""
    return web_worker(here, times=CONTROL_KILLS, is_control=True)


def forgetful_postgres(here: Site) -> Finding:
    """Control of B3. The writer's delay is raised: by default it would lose but 0.6 s of work."""
    execute("ALTER SYSTEM SET synchronous_commit = off", "ALTER SYSTEM SET wal_writer_delay = '2s'")
    execute("SELECT pg_reload_conf()")
    time.sleep(1)
    try:
        return postgres(here, times=CONTROL_KILLS, is_control=True)
    finally:
        execute("ALTER SYSTEM RESET ALL")
        execute("SELECT pg_reload_conf()")
