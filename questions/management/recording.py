"""What the commands that record checks have in common: which questions, on which day."""

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from questions.content import Content, InvalidContent, read_folder


class RecordingCommand(BaseCommand):
    """Reads a folder, has ``record`` make the new text of a file in it, and says how it stands."""

    requires_system_checks: list[str] = []
    file: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--slug", action="append", default=[], help="Of a question; repeatable.")
        which.add_argument("--all", action="store_true", help="Every question of the folder.")
        parser.add_argument("--date", type=date.fromisoformat, metavar="YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        try:
            content = read_folder(folder)
        except InvalidContent as invalid:
            raise CommandError(str(invalid)) from None
        digests = self.digests(content)
        slugs = list(digests) if options["all"] else options["slug"]
        if unknown := sorted(set(slugs) - digests.keys()):
            raise CommandError(self.unknown.format(unknown[0]))
        options["date"] = options["date"] or timezone.localdate()
        checked = {slug: digests[slug] for slug in slugs}
        text, said = self.record(content, checked, options)
        (folder / self.file).write_text(text)
        self.stdout.write(said)

    unknown = "There is no question {}."

    def digests(self, content: Content) -> dict[str, str]:
        """Of what a checker sees of each question that can be checked so, by its slug."""
        raise NotImplementedError

    def record(
        self, content: Content, checked: Mapping[str, str], options: dict[str, Any]
    ) -> tuple[str, str]:
        """The text of the file with ``checked`` (slug and digest of each), and a summary."""
        raise NotImplementedError
