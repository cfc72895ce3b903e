from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from exam_platform.durability import NotDurable
from exam_platform.preparation import prepare


class Command(BaseCommand):
    help = "Bring database, static files and questions up to date, beside a site that serves."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            prepare(self.stdout.write, is_serving=True)
        except OperationalError as problem:
            raise CommandError(f"The database cannot be used: {problem}".strip()) from problem
        except NotDurable as problem:
            raise CommandError(str(problem)) from problem
