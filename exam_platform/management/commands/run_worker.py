"""The background worker: records the end of attempts whose time is up; tidies up; statistics."""

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from accounts import guests
from exam_platform.durability import assert_durable
from exams.engine import attempts
from results import item_statistics

logger = logging.getLogger(__name__)
TIDY_SECONDS = 3600
STATISTICS_SECONDS = 600


class Command(BaseCommand):
    help = "Close and score attempts whose time is up, until told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--interval", type=float, default=0.5, help="Seconds between two sweeps (default 0.5)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        assert_durable()
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        tidy_at = statistics_at = 0.0
        while not stop.wait(options["interval"]):
            sweep()
            if time.monotonic() >= tidy_at:
                tidy()
                tidy_at = time.monotonic() + TIDY_SECONDS
            # One batch at a time, so that the next sweep is not late.
            if time.monotonic() >= statistics_at and not refresh_statistics():
                statistics_at = time.monotonic() + STATISTICS_SECONDS
            # As at the end of a request: gives the connection back, and a broken one up.
            close_old_connections()


def tidy() -> int:
    """Delete guests nobody came back as, and sessions that are over; returns how many guests."""
    try:
        deleted = guests.delete_stale(now=timezone.now())
        # One statement, however many there are.
        call_command("clearsessions")
    except DatabaseError:
        logger.exception("Guests or sessions could not be deleted; the next try comes in an hour")
        return 0
    if deleted:
        logger.info("Deleted %d guests that were not seen for long", deleted)
    return deleted


def refresh_statistics() -> bool:
    """Compute one batch of the statistics that changed; whether more of them wait."""
    try:
        done = item_statistics.refresh(now=timezone.now())
    except DatabaseError:
        logger.exception("Statistics could not be computed; the next try comes in ten minutes")
        return False
    # Another worker may be at it: then this one has nothing to do.
    return done is not None and done.more


def sweep() -> int:
    """One sweep; returns how many attempts it closed. An unreachable database is logged.

    Attempts are expired by the clock, not by this: a late or failed sweep harms nothing.
    """
    try:
        closed = attempts.close_expired(now=timezone.now())
    except DatabaseError:
        logger.exception("The sweep failed; the next one tries again")
        return 0
    if closed:
        logger.info("Closed %d attempts whose time was up", closed)
    return closed
