"""People who try the exams without an account; the one writer of them.

A guest is a user like any other, known by the session alone. Whoever signs up or signs in
afterwards takes the guest's work along: other apps say in ADOPTERS how theirs moves. Where the
guest and the account both have something open of which only one may be, nothing moves until the
person has chosen.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from django.contrib.auth import login, logout
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import User

logger = logging.getLogger(__name__)

SESSION_KEY = "guest"
KEPT_FOR = timedelta(days=30)
"""After the last visit; pages promise it."""
VISITS_RECORDED_EVERY = timedelta(days=1)
# A recorded visit may have been followed by others for as long as that.
_RECORD_LASTS = KEPT_FOR + VISITS_RECORDED_EVERY
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_BATCH = 200


class StaysOpen(StrEnum):
    """Whose attempt goes on where only one may; the other one is submitted."""

    GUEST = "guest"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Rivals:
    """The titles of two open attempts of which one person may have only one."""

    of_guest: str
    of_account: str


class Adopter(Protocol):
    """How another app hands over what it keeps for a guest."""

    def count_answers(self, guest: User) -> int:
        """How many answers the guest has given: pages say that they are kept."""

    def rivals(self, guest: User, account: User) -> Sequence[Rivals]:
        """What of both cannot stay open."""

    def move_work(self, guest: User, account: User, stays_open: StaysOpen | None) -> None:
        """Called inside the transaction that ends the guest; None where there are no rivals."""


ADOPTERS: list[Adopter] = []


class ChoiceNeeded(Exception):
    """Guest and account have rivals open; nothing was moved."""


class NotMoved(Exception):
    """The work could not be moved, which was logged; it goes on waiting."""


def begin(request: HttpRequest) -> User:
    """Make a guest and sign this browser in as it."""
    # No such domain can receive mail (RFC 2606), and nobody can guess the address.
    guest = User(email=f"guest-{uuid.uuid4()}@guest.invalid", is_guest=True)
    guest.set_unusable_password()
    guest.save()
    _sign_in(request, guest)
    return guest


def _sign_in(request: HttpRequest, guest: User) -> None:
    login(request, guest, backend=_BACKEND)
    _remember(request)


def _remember(request: HttpRequest) -> None:
    """Let the session last as long as the guest: nothing else leads back to it."""
    request.session.set_expiry(int(_RECORD_LASTS.total_seconds()))


def record_visit(request: HttpRequest, *, now: datetime) -> None:
    """Note that a guest is here, and renew its session; once a day at most, for it costs writes."""
    user = request.user
    if not (isinstance(user, User) and user.is_guest):
        return
    if user.last_login is None or now - user.last_login >= VISITS_RECORDED_EVERY:
        _set_last_visit(user, now)
        _remember(request)


def _set_last_visit(guest: User, now: datetime) -> None:
    # Nobody signs in as a guest: the time of the last sign-in is free for that of the last visit.
    User.objects.filter(pk=guest.pk).update(last_login=now)


def step_aside(request: HttpRequest, guest: User, *, now: datetime) -> None:
    """Sign the guest out so that an account may sign in; the session knows whose work waits."""
    _set_last_visit(guest, now)
    logout(request)
    _wait(request, guest.pk)


def sign_out(request: HttpRequest) -> None:
    """Sign an account out; a guest whose work could not be moved to it goes on waiting."""
    pk = request.session.get(SESSION_KEY)
    logout(request)
    if pk is not None:
        _wait(request, pk)


def _wait(request: HttpRequest, pk: int) -> None:
    request.session[SESSION_KEY] = pk
    _remember(request)


def waiting(request: HttpRequest) -> User | None:
    """The guest that stepped aside in this browser, if it is still there."""
    pk = request.session.get(SESSION_KEY)
    return User.objects.filter(pk=pk, is_guest=True).first() if pk else None


def at_hand(request: HttpRequest) -> User | None:
    """The guest whose work a sign-up or a sign-in in this browser would keep."""
    user = request.user
    return user if isinstance(user, User) and user.is_guest else waiting(request)


def come_back(request: HttpRequest) -> bool:
    """Sign the guest in again that stepped aside; whether there was one."""
    guest = waiting(request)
    if guest is None:
        return False
    # A sign-up that waits for its code would be resumed in this session, and end it.
    request.session.flush()
    _sign_in(request, guest)
    return True


def count_answers(guest: User) -> int:
    """How many answers ``guest`` has given."""
    return sum(adopter.count_answers(guest) for adopter in ADOPTERS)


def rivals(guest: User, account: User) -> list[Rivals]:
    """What the guest and the account both have open, and only one of them may."""
    return [pair for adopter in ADOPTERS for pair in adopter.rivals(guest, account)]


def adopt(request: HttpRequest, account: User, *, stays_open: StaysOpen | None = None) -> int:
    """Give ``account`` the work of the guest that stepped aside in this browser, once.

    Returns how many answers came along. Raises ChoiceNeeded when both have rivals open and
    ``stays_open`` does not say which go on, and NotMoved when it failed. The work then goes on
    waiting: any other error would cost the browser its session, and with it the way to the work.
    """
    pk = request.session.get(SESSION_KEY)
    if pk is None or account.is_guest:
        return 0
    try:
        answers = _move_work(pk, account, stays_open)
    except ChoiceNeeded:
        raise
    except Exception as problem:
        logger.exception("The work of guest %s could not be moved to account %s", pk, account.pk)
        raise NotMoved from problem
    del request.session[SESSION_KEY]
    # From here on it is an account's session, which lasts as long as others do.
    request.session.set_expiry(None)
    return answers


@transaction.atomic
def _move_work(guest_pk: int, account: User, stays_open: StaysOpen | None) -> int:
    # Two sign-ins at once: the second one waits here, and finds nobody.
    guests = User.objects.select_for_update()  # FOR UPDATE: nothing may join it, it is deleted
    guest = guests.filter(pk=guest_pk, is_guest=True).first()
    if guest is None:
        return 0
    if stays_open is None and rivals(guest, account):
        raise ChoiceNeeded
    answers = count_answers(guest)
    for adopter in ADOPTERS:
        adopter.move_work(guest, account, stays_open)
    guest.delete()
    return answers


def delete_stale(*, now: datetime, kept_for: timedelta = KEPT_FOR) -> int:
    """Delete guests whose last visit is longer ago than ``kept_for``; returns how many."""
    since = now - kept_for - VISITS_RECORDED_EVERY
    unseen = Q(last_login__lt=since) | Q(last_login=None, date_joined__lt=since)
    count = 0
    while deleted := _delete_some(User.objects.filter(unseen, is_guest=True)):
        count += deleted
    return count


@transaction.atomic
def _delete_some(stale: QuerySet[User]) -> int:
    # Locked, so that one who comes back this moment is either gone or stays. In full: deleted next.
    free = stale.select_for_update(skip_locked=True)  # FOR UPDATE: they are deleted
    batch = free.values_list("pk", flat=True)[:_BATCH]
    _, deleted = User.objects.filter(pk__in=list(batch)).delete()
    return deleted.get(User._meta.label, 0)
