"""Many candidates at once, and the proof that nothing they were acknowledged is missing.

Django is imported inside functions: whoever uses this sets the settings first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from tests.load.client import PASSWORD, Acknowledged, Candidate
from tests.load.proof import Line, Stored, losses

CSRF_TOKEN = "benchbenchbenchbenchbenchbench12"
"""Any 32 letters and digits, in cookie and form alike."""


def new_candidates(port: int, count: int, label: str) -> list[Candidate]:
    """People of the test, not signed in yet."""
    from django.contrib.auth.hashers import make_password

    from accounts.models import User

    password = make_password(PASSWORD)
    addresses = [f"bench-{label}-{number}@example.org" for number in range(count)]
    User.objects.bulk_create(User(email=address, password=password) for address in addresses)
    return [Candidate(address, port) for address in addresses]


def sign_in_at_once(candidates: Sequence[Candidate]) -> None:
    """Give each a session of its own without the cost of a password."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import User

    users = User.objects.in_bulk([one.email for one in candidates], field_name="email")
    for candidate in candidates:
        user = users[candidate.email]
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        candidate.web.cookies[settings.SESSION_COOKIE_NAME] = session.session_key or ""
        candidate.web.cookies[settings.CSRF_COOKIE_NAME] = CSRF_TOKEN


def all_at_once(jobs: Iterable[Callable[[], object]]) -> None:
    """Run the jobs at the same moment, each in a thread of its own; raise what one raised."""
    listed = list(jobs)
    barrier = threading.Barrier(len(listed))

    def at_once(job: Callable[[], object]) -> None:
        barrier.wait()
        job()

    with ThreadPoolExecutor(len(listed)) as pool:
        for future in [pool.submit(at_once, job) for job in listed]:
            future.result()


def missing_of(acknowledged: Sequence[Acknowledged]) -> int:
    """How many acknowledged answers the database does not hold as it must: see proof.losses."""
    return len(losses_of(acknowledged))


def losses_of(acknowledged: Sequence[Acknowledged]) -> list[str]:
    """The same as a sentence for each."""
    from exams.models import AnswerEvent, Response

    attempts = {UUID(one.attempt) for one in acknowledged}
    responses = Response.objects.filter(attempt__in=attempts).values_list(
        *("attempt", "position", "rev", "answer", "option_order", "version__kind")
    )
    journal = AnswerEvent.objects.filter(attempt__in=attempts, outcome="applied").values_list(
        *("attempt", "position", "epoch", "rev", "answer")
    )
    stored = [Stored(str(attempt), *rest) for attempt, *rest in responses]
    lines = [Line(str(attempt), *rest) for attempt, *rest in journal]
    return list(losses(acknowledged, stored, lines))
