"""Record in an exam's folder that questions were answered without their keys."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from questions import blind_checks
from questions.blind_checks import VERDICTS, BlindCheck
from questions.content import Content
from questions.management.recording import RecordingCommand


class Command(RecordingCommand):
    help = (
        "Record the present form of questions as answered blind. Whether a first answer agreed "
        "with the key is recorded once: later checks leave it."
    )
    file = blind_checks.FILE

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        agreed = "Whether the first answer was the key; needed for questions without a row."
        parser.add_argument("--agreed", choices=("yes", "no"), help=agreed)
        parser.add_argument("--verdict", choices=VERDICTS, default="ok")
        parser.add_argument("--changed", help="What was changed on the strength of a check.")

    def digests(self, content: Content) -> dict[str, str]:
        return content.judged_digests

    def record(
        self, content: Content, checked: Mapping[str, str], options: dict[str, Any]
    ) -> tuple[str, str]:
        rows = {row.slug: row for row in content.checks}
        for slug, digest in checked.items():
            rows[slug] = _checked(slug, digest, rows.get(slug), options)
        said = blind_checks.summary(self.digests(content), rows.values())
        return blind_checks.dump(rows.values()), str(said)


def _checked(slug: str, digest: str, old: BlindCheck | None, options: dict[str, Any]) -> BlindCheck:
    """The row of a question after this check."""
    if old is None and options["agreed"] is None:
        raise CommandError(f"{slug} has no row yet: say with --agreed how it went.")
    if old and options["agreed"] and (options["agreed"] == "yes") != old.first_answer_agreed:
        raise CommandError(f"{slug}: how its first answer went is on record already.")
    agreed = old.first_answer_agreed if old else options["agreed"] == "yes"
    changed = options["changed"]
    return BlindCheck.model_construct(
        slug=slug,
        digest=digest,
        checked_on=options["date"],
        first_answer_agreed=agreed,
        verdict=options["verdict"],
        changed=changed if changed is not None else old.changed if old else "",
    )
