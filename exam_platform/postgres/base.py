from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

# A server may end more than once in a row; beyond that, the caller hears of the outage.
ATTEMPTS = 3


class DatabaseWrapper(base.DatabaseWrapper):
    """One broken connection says that the server ended: all others of the pool are broken too.

    The pool's own check throws them away one by one and pauses for a second or two after each.
    With several of them requests failed for seven seconds after the server was back.
    """

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
