"""Load exam folders into the bank."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from questions import bank
from questions.content import Content, InvalidContent, Problem, read_folder


class Command(BaseCommand):
    help = "Load exam folders; if there are errors, print all of them and change nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folders",
            nargs="*",
            type=Path,
            metavar="FOLDER",
            help="A folder with an exam.yaml (default: every folder in fixtures/).",
        )
        parser.add_argument(
            "--if-changed",
            action="store_true",
            help="Skip folders whose files have not changed since they were loaded.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folders = options["folders"] or default_folders()
        try:
            if options["if_changed"]:
                folders = [folder for folder in folders if not bank.is_loaded(folder)]
            outcomes = bank.load_all(_read_all(folders), now=timezone.now())
        except InvalidContent as invalid:
            raise CommandError(f"{invalid}\nNothing was loaded.") from None
        for outcome in outcomes:
            self.stdout.write("\n".join(_lines(outcome)))
        if not outcomes:
            self.stdout.write("The bank holds these files already.")


def default_folders() -> list[Path]:
    """Every folder of fixtures/ that describes an exam."""
    return sorted(path.parent for path in (settings.BASE_DIR / "fixtures").glob("*/exam.yaml"))


def _read_all(folders: list[Path]) -> list[Content]:
    contents: list[Content] = []
    problems: list[Problem] = []
    for folder in folders:
        try:
            contents.append(read_folder(folder))
        except InvalidContent as invalid:
            problems += invalid.problems
    if problems:
        raise InvalidContent(problems)
    return contents


def _lines(outcome: bank.Loaded) -> list[str]:
    questions, sections = outcome.questions, outcome.sections
    notices = {
        "questions edited in the admin since the last load, kept as they are": questions.kept,
        "questions without a file now, kept until you retire them": questions.removed,
        "note sections imported or edited since the last load, kept as they are": sections.kept,
        "note sections without a file now, marked as removed": sections.removed,
    }
    return [
        f"{outcome.exam}: questions: {counts(questions)}",
        f"{outcome.exam}: note sections: {counts(sections)}",
        *(f"{notice}: {', '.join(names)}" for notice, names in notices.items() if names),
        *(f"image {name}: {reason}" for name, reason in outcome.images.missing.items()),
    ]


def counts(changes: bank.Changes) -> str:
    """The changes in one line."""
    return (
        f"{len(changes.added)} added, {len(changes.changed)} changed, "
        f"{len(changes.unchanged)} unchanged"
    )
