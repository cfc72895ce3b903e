"""Check exam folders without touching the bank."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from questions import lint
from questions.content import InvalidContent, read_folder
from questions.management.commands.load_bank import default_folders


class Command(BaseCommand):
    help = "Print errors and warnings of exam folders; fail when there are errors."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folders",
            nargs="*",
            type=Path,
            metavar="FOLDER",
            help="A folder with an exam.yaml (default: every folder in fixtures/).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        errors = sum(self._check(folder) for folder in options["folders"] or default_folders())
        if errors:
            raise CommandError(f"{errors} errors")

    def _check(self, folder: Path) -> int:
        """Print what there is to say about ``folder``; return the number of errors."""
        try:
            findings = lint.check(read_folder(folder))
        except InvalidContent as invalid:
            self.stdout.write(str(invalid))
            return len(invalid.problems)
        for finding in findings:
            self.stdout.write(str(finding))
        errors = sum(finding.is_error for finding in findings)
        self.stdout.write(f"{folder}: {errors} errors, {len(findings) - errors} warnings")
        return errors
