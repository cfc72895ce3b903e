"""The pool after the end of the server, for which the end of every connection stands here."""

from collections.abc import Iterator

import pytest
from django.db import connection

from exam_platform.postgres.base import DatabaseWrapper

CONNECTIONS = 4


@pytest.fixture
def pooled(db: None) -> Iterator[DatabaseWrapper]:
    options = connection.settings_dict["OPTIONS"] | {
        "pool": {"min_size": CONNECTIONS, "max_size": 2 * CONNECTIONS, "timeout": 2}
    }
    settings = connection.settings_dict | {"OPTIONS": options}
    wrapper = DatabaseWrapper(settings, alias=connection.alias)
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def number_of_server_process(wrapper: DatabaseWrapper) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row = cursor.fetchone()
    return int(row[0])


def test_the_first_request_after_the_servers_end_is_served(pooled: DatabaseWrapper) -> None:
    number_of_server_process(pooled)
    pooled.close()
    pooled.pool.wait(timeout=30)
    before = [pooled.pool.getconn() for _ in range(CONNECTIONS)]
    numbers = [one.info.backend_pid for one in before]
    for one in before:
        pooled.pool.putconn(one)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 2000) FROM unnest(%s) pid", [numbers])
    assert number_of_server_process(pooled) not in numbers
