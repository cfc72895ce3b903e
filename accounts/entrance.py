"""allauth's pages for signing up and in, open to guests as well.

A guest stays one until the form is accepted: looking at it, or a wrong password, loses nothing.
"""

from typing import Any

from allauth.account.views import LoginView, SignupView
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator

from accounts import guests
from accounts.http import VisitorRequest
from accounts.models import User

TOO_MANY = 429


class _OpenToGuests:
    """Before a view of allauth, which would send everybody away who is signed in."""

    request: VisitorRequest
    guest: User | None = None
    # Of the fields, what is shown again when too many came from one address.
    kept_field: str

    def dispatch(self, request: VisitorRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and user.is_guest:
            self.guest = user
            request.user = AnonymousUser()
        response: HttpResponse = super().dispatch(  # type: ignore[misc]  # of allauth's view
            request, *args, **kwargs
        )
        if response.status_code == TOO_MANY:
            response = self._form_kept()
        is_still_guest = request.user.is_anonymous and guests.SESSION_KEY not in request.session
        if self.guest is not None and is_still_guest:
            request.user = self.guest  # for the header, and the colors of the page
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        if self.guest is not None:
            guests.step_aside(self.request, self.guest, now=timezone.now())
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        return response

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        guest = self.guest or guests.waiting(self.request)
        answers = guests.count_answers(guest) if guest else 0
        context: dict[str, Any] = super().get_context_data(**given)  # type: ignore[misc]
        return context | {"guest_answers": answers, "has_guest_work": guest is not None}

    def _form_kept(self) -> HttpResponse:
        """The page again, with what was typed. Not validated: that would try the password."""
        given = self.get_form_kwargs()  # type: ignore[attr-defined]  # of allauth's view
        given["initial"] = {self.kept_field: given.pop("data").get(self.kept_field, "")}
        form = self.get_form_class()(**given | {"files": None})  # type: ignore[attr-defined]
        context = self.get_context_data(form=form, too_many=True)
        response: HttpResponse = self.render_to_response(  # type: ignore[attr-defined]
            context, status=TOO_MANY
        )
        return response


@method_decorator(login_not_required, name="dispatch")
class SignUp(_OpenToGuests, SignupView):  # type: ignore[misc]  # allauth ships no types
    kept_field = "email"


@method_decorator(login_not_required, name="dispatch")
class SignIn(_OpenToGuests, LoginView):  # type: ignore[misc]
    kept_field = "login"


sign_up = SignUp.as_view()
sign_in = SignIn.as_view()
