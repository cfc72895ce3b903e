import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from exam_platform import embedded_postgres, serve
from exam_platform.durability import NotDurable
from exam_platform.embedded_postgres import PostgresUnavailable
from exam_platform.preparation import prepare


class Command(BaseCommand):
    help = "Prepare everything, then serve pages and run the worker until Ctrl-C or SIGTERM."
    # `make check` runs the checks; here they would only delay the first page.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        serve.stop_on_signals()
        try:
            with serve.only_supervisor(settings.VAR_DIR):
                self._serve()
        except serve.Stopped:
            self._say("Stopped")
        except OperationalError as problem:
            raise CommandError(f"The database cannot be used: {problem}".strip()) from problem
        except (serve.CannotServe, NotDurable) as problem:
            raise CommandError(str(problem)) from problem

    def _serve(self) -> None:
        try:
            address = serve.Address.from_environment()
            web = serve.web_server(address, threads=settings.WEB_THREADS)
            serve.stop_leftovers(settings.VAR_DIR, self._say)
            address.refuse_if_taken()
            self._prepare()
            manage = settings.BASE_DIR / "manage.py"
            serve.Supervisor(
                folder=settings.VAR_DIR,
                address=address,
                children=[web, serve.background_worker(manage)],
                say=self._say,
                keep_up=self._keep_postgres_up,
                prepare=[sys.executable, str(manage), "prepare"],
            ).run()
        finally:
            serve.ignore_signals()
            # A signal may have come between the start of a child and the note of its number.
            serve.stop_leftovers(settings.VAR_DIR, self._say)
            if settings.EMBEDDED_POSTGRES:
                embedded_postgres.stop(settings.EMBEDDED_POSTGRES)

    def _prepare(self) -> None:
        try:
            prepare(self._say)
        finally:
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]  # Postgres' own

    def _keep_postgres_up(self) -> None:
        data = settings.EMBEDDED_POSTGRES
        if data is None or embedded_postgres.is_running(data):
            return
        self._say("Postgres ended; starting it again")
        try:
            embedded_postgres.ensure(data)
        except PostgresUnavailable as problem:
            self._say(str(problem))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
