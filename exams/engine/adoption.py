"""What becomes of a guest's work when its owner signs in: it moves to the account."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from accounts.guests import Rivals, StaysOpen
from accounts.models import User
from exams.engine import attempts
from exams.models import Attempt, Response, ReviewCard


def count_answers(guest: User) -> int:
    """How many questions the guest has answered."""
    return Response.objects.filter(attempt__user=guest).exclude(answer=[]).count()


def rivals(guest: User, account: User) -> list[Rivals]:
    """Open attempts of one sort at one exam, of which a person may have only one."""
    pairs = _rivals(guest, account)
    return [Rivals(of_guest=one.title, of_account=other.title) for one, other in pairs]


def _rivals(guest: User, account: User) -> Iterator[tuple[Attempt, Attempt]]:
    """Those of the guest, each with that of the account."""
    theirs = {
        (attempt.exam_id, attempt.explains): attempt
        for attempt in Attempt.objects.of(account).open().with_titles()
    }
    for attempt in Attempt.objects.of(guest).open().with_titles():
        other = theirs.get((attempt.exam_id, attempt.explains))
        if other is not None:
            yield attempt, other


def move_work(guest: User, account: User, stays_open: StaysOpen | None) -> None:
    """Move attempts and review cards; of two rivals, the one that shall not go on is submitted.

    Raises IntegrityError when nothing was chosen and the account began a rival this moment.
    """
    if stays_open is not None:
        for one, other in _rivals(guest, account):
            ending = other if stays_open is StaysOpen.GUEST else one
            attempts.submit(user=ending.user, attempt_id=ending.pk, now=timezone.now())
    Attempt.objects.of(guest).update(user=account)
    _move_cards(guest, account)


def _move_cards(guest: User, account: User) -> None:
    known = dict(account.cards.values_list("question", "last_review"))
    newer = []
    for card in guest.cards.all():
        if card.question_id not in known:
            newer.append(card.pk)
        elif card.last_review > known[card.question_id]:
            account.cards.filter(question=card.question_id).delete()
            newer.append(card.pk)
    ReviewCard.objects.filter(pk__in=newer).update(user=account)
