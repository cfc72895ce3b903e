"""Record in an exam's folder that questions were answered without their keys."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from questions import blind_checks
from questions.blind_checks import VERDICTS, BlindCheck
from questions.content import InvalidContent, read_folder


class Command(BaseCommand):
    help = (
        "Record the present form of questions as answered blind. Whether a first answer agreed "
        "with the key is recorded once: later checks leave it."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--slug", action="append", default=[], help="Of a question; repeatable.")
        which.add_argument("--all", action="store_true", help="Every question of the folder.")
        agreed = "Whether the first answer was the key; needed for questions without a row."
        parser.add_argument("--agreed", choices=("yes", "no"), help=agreed)
        parser.add_argument("--verdict", choices=VERDICTS, default="ok")
        parser.add_argument("--changed", help="What was changed on the strength of a check.")
        parser.add_argument("--date", type=date.fromisoformat, metavar="YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        try:
            content = read_folder(folder)
        except InvalidContent as invalid:
            raise CommandError(str(invalid)) from None
        digests = {q.slug: q.content.judged_digest for q in content.questions}
        slugs = list(digests) if options["all"] else options["slug"]
        if unknown := sorted(set(slugs) - digests.keys()):
            raise CommandError(f"There is no question {unknown[0]}.")
        rows = {row.slug: row for row in content.checks}
        for slug in slugs:
            rows[slug] = _checked(slug, digests[slug], rows.get(slug), options)
        (folder / blind_checks.FILE).write_text(blind_checks.dump(rows.values()))
        self.stdout.write(str(blind_checks.summary(digests, rows.values())))


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
        checked_on=options["date"] or timezone.localdate(),
        first_answer_agreed=agreed,
        verdict=options["verdict"],
        changed=changed if changed is not None else old.changed if old else "",
    )
