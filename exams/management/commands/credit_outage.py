"""Give running attempts back the time of an outage."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from exams.engine import outages


def moment(text: str) -> datetime:
    """A time with its zone; one without would mean something else on every machine."""
    try:
        parsed = parse_datetime(text)
    except ValueError as problem:
        raise ArgumentTypeError(str(problem)) from problem
    if parsed is None or parsed.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} is no time with a zone, as in 2026-11-26T14:05:00+01:00")
    return parsed


class Command(BaseCommand):
    help = "Record an outage that is over, and extend every attempt that ran in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="started_at", type=moment, required=True)
        parser.add_argument("--to", dest="ended_at", type=moment, required=True)
        parser.add_argument("--reason", required=True, help="candidates read it on their results")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        span = {"started_at": options["started_at"], "ended_at": options["ended_at"]}
        try:
            found = outages.preview(**span, now=now)
            if not options["dry_run"]:
                outages.record(**span, reason=options["reason"], by=None, now=now)
        except outages.ImpossibleOutage as problem:
            raise CommandError(str(problem)) from problem
        for credit in found.credits:
            self.stdout.write(f"{credit.attempt.pk}: {credit.added} more")
        for attempt in found.ended:
            self.stdout.write(f"{attempt.pk}: ran out within the outage; it stays closed")
        verb = "would be" if options["dry_run"] else "were"
        self.stdout.write(f"{len(found.credits)} attempts {verb} extended")
