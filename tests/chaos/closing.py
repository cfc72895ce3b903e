"""Closes what is due, and kills itself before its n-th statement: ``python -m … N [torn]``.

``torn``: without transactions, as the negative control.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any


def main(strike_before: int, *, torn: bool) -> int:
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from exams import attempts

    if torn:
        attempts.transaction.atomic = _no_transaction  # type: ignore[attr-defined]  # Django has it
        attempts._locked = _without_lock
        attempts._schedule = _no_cards
    count = 0

    def kill_in_time(execute: Any, *arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count == strike_before:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*arguments)

    with connection.execute_wrapper(kill_in_time):
        attempts.close_expired(now=timezone.now())
    return 0


@contextlib.contextmanager
def _no_transaction(*_: object, **__: object) -> Iterator[None]:
    yield


def _no_cards(*_: object, **__: object) -> None:
    """Cards are locked as well, which a transaction is needed for."""


def _without_lock(rows: Any, *, skip: bool = False) -> Any:
    return rows.select_related("exam").first()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), torn="torn" in sys.argv))
