"""Whose answers count in statistics: candidates with an account, and nobody else."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import User
from questions.models import QuestionVersion


def insiders() -> list[int]:
    """The users who never count, in order: staff, and whoever wrote or may look into the bank.

    Guests never count either; they are known by their own column.
    """
    writers = QuestionVersion.objects.exclude(created_by=None).order_by().values("created_by")
    known = User.objects.filter(
        Q(is_staff=True)
        | Q(is_superuser=True)
        | Q(groups__permissions__content_type__app_label="questions")
        | Q(user_permissions__content_type__app_label="questions")
        | Q(pk__in=writers)
    )
    return list(known.order_by("pk").values_list("pk", flat=True).distinct())
