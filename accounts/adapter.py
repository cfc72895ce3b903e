"""How allauth's flows meet this project's user model."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts import guests
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """allauth's defaults, with e-mail addresses kept in lower case."""

    def clean_email(self, email: str) -> str:
        cleaned: str = super().clean_email(email)
        return cleaned.lower()

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in; what was done as a guest before comes along."""
        super().login(request, user)
        guests.adopt(request, user)
