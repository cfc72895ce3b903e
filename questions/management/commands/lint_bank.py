"""Check exam folders without touching the bank."""

from argparse import ArgumentParser
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from questions import blind_checks, lint
from questions.content import InvalidContent, read_exam, read_folder
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
        folders = options["folders"] or default_folders()
        others = _known_exams([*default_folders(), *folders])
        errors = sum(self._check(folder, others) for folder in folders)
        if errors:
            raise CommandError(f"{errors} errors")

    def _check(self, folder: Path, others: lint.OtherExams) -> int:
        """Print errors and warnings of ``folder``; return the number of errors."""
        try:
            content = read_folder(folder)
        except InvalidContent as invalid:
            self.stdout.write(str(invalid))
            return len(invalid.problems)
        findings = lint.check(content, others) + lint.check_record(content)
        for finding in findings:
            self.stdout.write(str(finding))
        errors = sum(finding.is_error for finding in findings)
        digests = {q.slug: q.content.judged_digest for q in content.questions}
        if digests:
            self.stdout.write(f"{folder}: {blind_checks.summary(digests, content.checks)}")
        self.stdout.write(f"{folder}: {errors} errors, {len(findings) - errors} warnings")
        return errors


def _known_exams(folders: Iterable[Path]) -> dict[str, lint.OtherExam]:
    """The exams of ``folders`` that can be read: questions may serve their tasks too."""
    known = {}
    for folder in folders:
        with suppress(InvalidContent):
            exam = read_exam(folder)
            known[exam.slug] = lint.OtherExam.of(exam)
    return known
