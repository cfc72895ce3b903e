"""People who try the exams without an account; the one writer of them.

A guest is a user like any other, known by the session alone. Whoever signs up or signs in
afterwards takes the guest's work along: other apps say in ADOPTERS how theirs moves.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth import login, logout
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from accounts.models import User

SESSION_KEY = "guest"
KEPT_FOR = timedelta(days=30)
_BACKEND = "django.contrib.auth.backends.ModelBackend"

ADOPTERS: list[Callable[[User, User], None]] = []
"""Called with the guest and the account, inside the transaction that ends the guest."""


def begin(request: HttpRequest) -> User:
    """Make a guest and sign this browser in as it."""
    # No such domain can receive mail (RFC 2606), and nobody can guess the address.
    guest = User(email=f"guest-{uuid.uuid4()}@guest.invalid", is_guest=True)
    guest.set_unusable_password()
    guest.save()
    login(request, guest, backend=_BACKEND)
    return guest


def step_aside(request: HttpRequest, guest: User) -> None:
    """Sign the guest out so that an account may sign in; the session knows whose work waits."""
    logout(request)
    request.session[SESSION_KEY] = guest.pk


def waiting(request: HttpRequest) -> User | None:
    """The guest that stepped aside in this browser, if it is still there."""
    pk = request.session.get(SESSION_KEY)
    return User.objects.filter(pk=pk, is_guest=True).first() if pk else None


def come_back(request: HttpRequest) -> bool:
    """Sign the guest in again that stepped aside; whether there was one."""
    guest = waiting(request)
    if guest is None:
        return False
    login(request, guest, backend=_BACKEND)
    request.session.pop(SESSION_KEY, None)
    return True


def adopt(request: HttpRequest, account: User) -> None:
    """Give ``account`` the work of the guest that stepped aside in this browser, once."""
    pk = request.session.pop(SESSION_KEY, None)
    if pk is None or account.is_guest:
        return
    with transaction.atomic():
        # Two sign-ins at once: the second one waits here, and finds nobody.
        guests = User.objects.select_for_update()  # FOR UPDATE: nothing may join it, it is deleted
        guest = guests.filter(pk=pk, is_guest=True).first()
        if guest is None:
            return
        for move in ADOPTERS:
            move(guest, account)
        guest.delete()


def delete_stale(*, now: datetime, kept_for: timedelta = KEPT_FOR) -> int:
    """Delete guests that were not seen for ``kept_for``; returns how many."""
    unseen = Q(last_login__lt=now - kept_for) | Q(last_login=None, date_joined__lt=now - kept_for)
    stale = User.objects.filter(unseen, is_guest=True)
    count = 0
    for guest in stale.iterator(chunk_size=200):
        guest.delete()
        count += 1
    return count
