"""Write an exam of the bank as a folder of content files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from questions import export
from questions.models import Exam


class Command(BaseCommand):
    help = "Write an exam as content files that load to the same bank."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("exam", metavar="EXAM-SLUG")
        parser.add_argument("folder", type=Path, metavar="FOLDER")

    def handle(self, *args: Any, **options: Any) -> None:
        exam = Exam.objects.filter(slug=options["exam"]).first()
        if exam is None:
            raise CommandError(f"There is no exam {options['exam']}.")
        for name in export.write_folder(exam, options["folder"]):
            self.stdout.write(f"{name}: was there already and is not in the bank")
