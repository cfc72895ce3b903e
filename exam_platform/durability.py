"""Refuse to work on a Postgres that may lose what it has confirmed.

A candidate is told "saved" after COMMIT; that promise is only as good as these settings.
"""

from django.db import connection

REQUIRED = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_apply"),
}


class NotDurable(RuntimeError):
    """The Postgres server would confirm answers that a crash can take back."""


def assert_durable() -> None:
    """Raise NotDurable, naming the settings, unless every COMMIT of this server is on disk."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(REQUIRED)]
        )
        wrong = {name: value for name, value in cursor if value not in REQUIRED[name]}
    if wrong:
        found = ", ".join(f"{name} = {value}" for name, value in sorted(wrong.items()))
        wanted = ", ".join(f"{name} = on" for name in sorted(wrong))
        raise NotDurable(
            f"Refusing to work with a Postgres that has {found}: a crash could take back answers "
            f"that candidates were told are saved. Set {wanted} in its configuration "
            "(or, for the embedded server, unset LOCAL_POSTGRES_DURABLE and start it anew)."
        )
