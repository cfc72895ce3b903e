"""What becomes of a guest's work when its owner signs in: it moves to the account."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import User
from exams.engine import attempts
from exams.models import EXAM_MODES, STUDY_MODES, Attempt, ReviewCard


def move_work(guest: User, account: User) -> None:
    """Move attempts and review cards; of two open attempts of a sort, the guest's is handed in."""
    for modes in (EXAM_MODES, STUDY_MODES):
        theirs = Attempt.objects.of(account).open().filter(mode__in=modes).values("exam")
        both = Attempt.objects.of(guest).open().filter(mode__in=modes, exam__in=theirs)
        for attempt_id in both.values_list("pk", flat=True):
            attempts.submit(user=guest, attempt_id=attempt_id, now=timezone.now())
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
