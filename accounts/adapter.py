"""How allauth's flows meet this project's user model."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from accounts import guests
from accounts.models import User

NOT_ADOPTED = gettext_lazy(
    "Your guest work could not be added to your account. It is kept. "
    "You can add it from the home page."
)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """allauth's defaults, with email addresses kept in lower case."""

    def clean_email(self, email: str) -> str:
        cleaned: str = super().clean_email(email)
        return cleaned.lower()

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in. A guest of this browser steps aside, so that the session still knows it."""
        guest = request.user
        if isinstance(guest, User) and guest.is_guest:
            guests.step_aside(request, guest, now=timezone.now())
        super().login(request, user)

    def post_login(
        self, request: HttpRequest, user: User, *, signup: bool, **given: Any
    ) -> HttpResponse:
        """What was done as a guest before comes along; where a choice is needed, it is asked."""
        response: HttpResponse = super().post_login(request, user, signup=signup, **given)
        try:
            answers = guests.adopt(request, user)
        except guests.ChoiceNeeded:
            next_url = urlencode({"next": response["Location"]})
            return redirect(f"{reverse('account_guest_work')}?{next_url}")
        except guests.NotMoved:
            messages.warning(request, NOT_ADOPTED)
        else:
            messages.success(request, _welcome(signup=signup, answers=answers))
        return response

    def logout(self, request: HttpRequest) -> None:
        guests.sign_out(request)


def _welcome(*, signup: bool, answers: int) -> str:
    done = gettext("Account created.") if signup else gettext("You are signed in.")
    return f"{done} {answers_saved(answers)}" if answers else done


def answers_saved(answers: int) -> str:
    """Say that the answers of a guest belong to the account now."""
    return ngettext(
        "Your guest answer is saved.", "Your %(count)d guest answers are saved.", answers
    ) % {"count": answers}
