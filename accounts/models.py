"""People: one custom user, known by email address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class ExtraTime(models.TextChoices):
    """Time accommodations of real test centres, as a candidate's own setting."""

    NONE = "none", _("Standard time")
    QUARTER = "x1.25", _("25% more time")
    HALF = "x1.5", _("50% more time")
    DOUBLE = "x2", _("Double time")
    THIRTY_MINUTES = "plus30", _("30 more minutes per full exam (non-native speakers)")

    def allowed(self, standard: timedelta, *, full: timedelta | None) -> timedelta:
        """How long what lasts ``standard`` without it lasts with this accommodation.

        ``full``: the length of the full exam. The 30 minutes are granted for that, so that shorter
        ones get their share, at the same pace. None: they are added whole.
        """
        if self is ExtraTime.THIRTY_MINUTES:
            return standard + timedelta(minutes=30) * (standard / full if full else 1)
        return standard * {"none": 1, "x1.25": 1.25, "x1.5": 1.5, "x2": 2}[self.value]

    def minutes(self, standard: float, *, full: float) -> int:
        """The same in whole minutes, rounded down, for showing."""
        allowed = self.allowed(timedelta(minutes=standard), full=timedelta(minutes=full))
        return int(allowed / timedelta(minutes=1))


class Theme(models.TextChoices):
    AUTO = "auto", _("System")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")
    CONTRAST = "contrast", _("High contrast")


class TextSize(models.TextChoices):
    NORMAL = "normal", _("Normal")
    LARGE = "large", _("Large")
    LARGER = "larger", _("Larger")
    LARGEST = "largest", _("Largest")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractUser):
    """A person; signs in by email address, which is stored in lower case."""

    username = None  # type: ignore[assignment]  # removes AbstractUser's field
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("email address"), unique=True)
    extra_time = models.CharField(
        max_length=10,
        choices=ExtraTime,
        default=ExtraTime.NONE,
        help_text=_("Applies to exams you start from now on, and is shown on their results."),
    )
    theme = models.CharField(_("theme"), max_length=10, choices=Theme, default=Theme.AUTO)
    text_size = models.CharField(
        max_length=10, choices=TextSize, default=TextSize.NORMAL, db_default="normal"
    )
    is_guest = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Tries the exams without an account; has no password.",
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "user"
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_whatever_case"),
            models.CheckConstraint(
                condition=models.Q(extra_time__in=ExtraTime.values), name="user_extra_time_known"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """For forms: in lower case before anything asks whether the address is taken."""
        super().clean()
        self.email = self.email.lower()

    def get_full_name(self) -> str:
        return self.email

    def get_short_name(self) -> str:
        return self.email
