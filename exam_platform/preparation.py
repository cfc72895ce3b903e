"""What has to be true before the first page is served; each step costs little when it is."""

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from exam_platform.durability import assert_durable
from questions.models import Exam

ADMIN_EMAIL = "admin@example.com"


LOCK_TIMEOUT = "2s"
"""How long a migration beside a serving site may make everybody wait for a table."""


def prepare(say: Callable[[str], None], *, is_serving: bool = False) -> None:
    """Bring database, static files and questions up to date with the code and its content.

    ``is_serving``: candidates are at work meanwhile, with the code and the pages of before.
    """
    assert_durable()
    if is_serving:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
    migrate(say)
    call_command("createcachetable", verbosity=0)
    collect_static_files(say, keep_old=is_serving)
    load_bank(say)
    if settings.LOCAL_MODE:
        create_admin(say)


def migrate(say: Callable[[str], None]) -> None:
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say(f"Bringing the database up to date ({len(plan)} migrations)")
    # Even without a plan: a start killed after its last migration has left permissions undone.
    call_command("migrate", interactive=False, verbosity=0)


def collect_static_files(say: Callable[[str], None], *, keep_old: bool = False) -> None:
    """Compress the static files, unless that was done for exactly the files there are now.

    ``keep_old``: pages of before are still open and ask for the files that they name.
    """
    stamp = Path(f"{settings.STATIC_ROOT}.collected")
    fingerprint = _static_fingerprint()
    if Path(settings.STATIC_ROOT).is_dir() and _content(stamp) == fingerprint:
        return
    say("Compressing the static files")
    stamp.unlink(missing_ok=True)
    # A changed file with an older date, as from an archive, would not be copied over a newer one.
    if keep_old:
        _make_copies_old(Path(settings.STATIC_ROOT))
    call_command("collectstatic", interactive=False, clear=not keep_old, verbosity=0)
    stamp.write_text(fingerprint)


def _make_copies_old(folder: Path) -> None:
    for copy in folder.rglob("*"):
        os.utime(copy, (0, 0))


def _static_fingerprint() -> str:
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            source = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{source.st_size}\0{source.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _content(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def load_bank(say: Callable[[str], None]) -> None:
    """Load changed content. Broken files do not stop a site that has a bank to go on with."""
    try:
        call_command("load_bank", if_changed=True)
    except CommandError as problem:
        if not Exam.objects.exists():
            raise
        say(f"{problem} The bank stays as it was.")


def create_admin(say: Callable[[str], None]) -> None:
    """On the first start, make the account that authors questions and tell its password once."""
    if User.objects.filter(is_superuser=True).exists():
        return
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        User.objects.create_superuser(email=ADMIN_EMAIL, password=password)
        # Before the commit: a start killed here leaves no account whose password nobody saw.
        say(f"The administrator's account: {ADMIN_EMAIL}  password: {password}  (shown only once)")
