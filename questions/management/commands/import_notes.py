"""Import a Markdown file of study notes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from questions import bank
from questions.content import InvalidContent
from questions.models import Exam


class Command(BaseCommand):
    help = "Make the level-2 sections of a Markdown file the notes of an exam."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--exam", required=True, metavar="SLUG")
        parser.add_argument(
            "--images", type=Path, metavar="DIR", help="The folder that image names start from."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        exam = Exam.objects.filter(slug=options["exam"]).first()
        if exam is None:
            raise CommandError(f"There is no exam {options['exam']}; load its folder first.")
        try:
            outcome = bank.import_notes(
                file.read_text(encoding="utf-8"),
                exam=exam,
                file=file.name,
                image_folder=options["images"],
                now=timezone.now(),
            )
        except (OSError, UnicodeDecodeError) as problem:
            raise CommandError(f"{file}: cannot be read: {problem}") from None
        except InvalidContent as invalid:
            raise CommandError(f"{invalid}\nNothing was imported.") from None
        self.stdout.write("\n".join(_lines(outcome)))


def _lines(outcome: bank.Imported) -> list[str]:
    sections, images = outcome.sections, outcome.images
    lines = [f"{side}: {name}" for side in ("added", "changed") for name in getattr(sections, side)]
    lines += [f"removed: {name} (kept for its questions)" for name in sections.removed]
    lines += [f"image missing: {name}: {reason}" for name, reason in images.missing.items()]
    counted = ", ".join(
        f"{len(getattr(sections, side))} {side}"
        for side in ("added", "changed", "unchanged", "removed")
    )
    lines.append(f"{counted}; images: {len(images.found)} found, {len(images.missing)} missing")
    return lines
