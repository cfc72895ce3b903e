from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

from exam_platform import embedded_postgres
from exam_platform.postgres.client import DatabaseClient

# A server may end more than once in a row; beyond that, the caller hears of the outage.
ATTEMPTS = 3


class DatabaseWrapper(base.DatabaseWrapper):
    """Connections to a server that may be the project's own.

    One broken connection says that the server ended: all others of the pool are broken too. The
    pool's own check throws them away one by one and pauses for a second or two after each. With
    several of them requests failed for seven seconds after the server was back.
    """

    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        self.ensure_server()
        return super().get_connection_params()

    def ensure_server(self) -> None:
        """Start the server named in EMBEDDED, once; raises PostgresUnavailable if it cannot be."""
        embedded = self.settings_dict.get("EMBEDDED")
        if embedded and not self.settings_dict["HOST"]:
            # All threads share these settings: the next connection finds the host in them.
            self.settings_dict["HOST"] = str(embedded_postgres.ensure(**embedded))

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        for _ in range(ATTEMPTS - 1):
            connection = super().get_new_connection(conn_params)
            if self.pool is None or _answers(connection):
                return connection
            self.pool.putconn(connection)
            self.pool.drain()
        return super().get_new_connection(conn_params)


def _answers(connection: Any) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True
