"""The order of locks in the bank. All of its writers keep it, so that none deadlock.

Loads and imports first wait for each other here. Then rows are locked: the exam, its note
sections, images, questions. Locks leave the key (``no_key``): starts and hand-ins store rows that
refer to questions and tasks, and do not wait for a load.
"""

from django.db import connection

_LOAD_LOCK = 0x62616E6B  # any number, the same in every process


def wait_for_other_loads() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOAD_LOCK])
