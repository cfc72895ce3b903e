"""How allauth's flows meet this project's user model."""

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest

from accounts import guests
from accounts.models import User

NOT_ADOPTED = (
    "Your work as a guest could not be added to your account. It is kept: "
    "sign out and sign in again to add it."
)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """allauth's defaults, with e-mail addresses kept in lower case."""

    def clean_email(self, email: str) -> str:
        cleaned: str = super().clean_email(email)
        return cleaned.lower()

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in; what was done as a guest before comes along."""
        super().login(request, user)
        if not guests.adopt(request, user):
            messages.warning(request, NOT_ADOPTED)

    def logout(self, request: HttpRequest) -> None:
        guests.sign_out(request)
