"""Write into an exam's folder that keys of questions were picked from their options alone."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from questions import options_only
from questions.content import Content
from questions.management.recording import RecordingCommand
from questions.options_only import OptionsOnlyCheck


class Command(RecordingCommand):
    help = (
        "Record one pick of each question by somebody who saw its options, but neither stem nor "
        "key. Every call adds a row: call it once for each checker."
    )
    file = options_only.RECORD.file
    unknown = "There is no choice or response question {}."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        answers: dict[str, Any] = {"choices": ("yes", "no"), "required": True}
        parser.add_argument("--picked-key", **answers, help="Whether the pick was the key.")
        parser.add_argument("--sure", **answers, help="Whether the checker called it sure.")

    def digests(self, content: Content) -> dict[str, str]:
        return content.options_digests

    def record(
        self, content: Content, checked: Mapping[str, str], options: dict[str, Any]
    ) -> tuple[str, str]:
        new = [
            OptionsOnlyCheck(
                slug=slug,
                digest=digest,
                checked_on=options["date"].isoformat(),
                picked_key=options["picked_key"],
                sure=options["sure"],
            )
            for slug, digest in checked.items()
        ]
        rows = [*content.options_only, *new]
        said = options_only.summary(self.digests(content), rows)
        return options_only.RECORD.dump(rows), str(said)
