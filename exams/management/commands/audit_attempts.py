"""Check every closed attempt against its journal."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exams.engine.audit import audit
from exams.models import Attempt


class Command(BaseCommand):
    help = "Rebuild closed attempts from their journal; fail when anything is stored otherwise."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("attempts", nargs="*", metavar="ATTEMPT", help="default: all closed")

    def handle(self, *args: Any, **options: Any) -> None:
        closed = Attempt.objects.closed().select_related("exam", "fixed_form")
        attempts = closed.prefetch_related("extensions").order_by("started_at")
        if options["attempts"]:
            attempts = attempts.filter(pk__in=options["attempts"])
        checked = found = 0
        for attempt in attempts.iterator(chunk_size=200):
            checked += 1
            for difference in audit(attempt):
                found += 1
                self.stdout.write(str(difference))
        self.stdout.write(f"{checked} attempts checked, {found} differences")
        if found:
            raise CommandError("Attempts differ from their journal.")
