"""The worker's sweep, killed before its n-th statement or commit: ``python -m … N [torn]``.

Ends by itself when it has less to do. ``torn``: without transactions, as the negative control.
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
    from django.db.models import QuerySet

    from exam_platform.management.commands.run_worker import sweep
    from exams.engine import attempts

    if torn:
        attempts.transaction.atomic = _no_transaction  # type: ignore[attr-defined]  # Django has it
        QuerySet.select_for_update = _without_lock  # type: ignore[method-assign,assignment]  # for this run
    count = 0

    def kill_in_time() -> None:
        nonlocal count
        count += 1
        if count == strike_before:
            os.kill(os.getpid(), signal.SIGKILL)

    def before_statement(execute: Any, *arguments: Any) -> Any:
        kill_in_time()
        return execute(*arguments)

    def before_commit(commit: Any = connection.commit) -> None:
        kill_in_time()
        commit()

    connection.commit = before_commit  # type: ignore[method-assign]  # to count it
    with connection.execute_wrapper(before_statement):
        sweep()
    return 0


@contextlib.contextmanager
def _no_transaction(*_: object, **__: object) -> Iterator[None]:
    yield


def _without_lock(rows: Any, **_: object) -> Any:
    return rows


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), torn="torn" in sys.argv))
