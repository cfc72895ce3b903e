"""Compute the statistics of questions and fixed forms now, instead of waiting for the worker."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from results import item_statistics


class Command(BaseCommand):
    help = "Compute the statistics of questions and fixed forms whose evidence has changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="Compute all of them anew, changed or not."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"]:
            item_statistics.note_everything()
        done = item_statistics.refresh_all(now=timezone.now())
        if done is None:
            raise CommandError(
                "Another process computes statistics at this moment. "
                "Run this again when it is done; nothing is lost."
            )
        self.stdout.write(f"Computed {done.versions} question versions and {done.forms} forms")
