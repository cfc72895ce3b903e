from collections.abc import Iterable

from django.db.backends.postgresql import client


class DatabaseClient(client.DatabaseClient):
    """psql, for which the project's own server is started as for any other connection."""

    def runshell(self, parameters: Iterable[str]) -> None:
        self.connection.ensure_server()  # type: ignore[attr-defined]  # our wrapper's own
        super().runshell(parameters)
