"""Check exam folders without touching the bank."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from questions import blind_checks, lint, options_only
from questions.content import Content, InvalidContent, read_exam, read_folder
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
        parser.add_argument(
            "--advice",
            action="store_true",
            help="Print advice too: what of a question's options points to the key.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folders = options["folders"] or default_folders()
        others = _known_exams([*default_folders(), *folders])
        errors = sum(
            self._check(folder, others, with_advice=options["advice"]) for folder in folders
        )
        if errors:
            raise CommandError(f"{errors} errors")

    def _check(self, folder: Path, others: lint.OtherExams, *, with_advice: bool) -> int:
        """Print what there is to say about ``folder``; return the number of errors."""
        try:
            content = read_folder(folder)
        except InvalidContent as invalid:
            self.stdout.write(str(invalid))
            return len(invalid.problems)
        guesses = lint.guess(content)
        findings = [
            *lint.check(content, others),
            *lint.check_record(content),
            *lint.check_guesses(guesses),
        ]
        advice = lint.advise(content, guesses)
        for finding in findings + advice * with_advice:
            self.stdout.write(str(finding))
        for line in _figures(content, guesses):
            self.stdout.write(f"{folder}: {line}")
        errors = sum(finding.is_error for finding in findings)
        counts = f"{errors} errors, {len(findings) - errors} warnings"
        self.stdout.write(f"{folder}: {counts}, advice on {len(advice)} questions")
        return errors


def _figures(content: Content, guesses: lint.Guesses | None) -> Iterator[str]:
    """How the keys of ``content`` fared with people and with a guesser."""
    if content.questions:
        yield str(blind_checks.summary(content.judged_digests, content.checks))
        yield str(options_only.summary(content.options_digests, content.options_only))
    if guesses:
        yield str(guesses)


def _known_exams(folders: Iterable[Path]) -> dict[str, lint.OtherExam]:
    """The exams of ``folders`` that can be read: questions may serve their tasks too."""
    known = {}
    for folder in folders:
        with suppress(InvalidContent):
            exam = read_exam(folder)
            known[exam.slug] = lint.OtherExam.of(exam)
    return known
