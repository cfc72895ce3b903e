"""Views that not everybody who is signed in may use."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from accounts.http import Request, VisitorRequest
from accounts.models import User

P = ParamSpec("P")


def for_authors(
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Refuse all but staff who may see questions."""

    @wraps(view)
    def wrapper(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not (request.user.is_staff and request.user.has_perm("questions.view_question")):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return wrapper


def for_members(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Tell a guest, who has no account, how to get one instead of showing a page of an account."""

    @wraps(view)
    def wrapper(request: VisitorRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if isinstance(request.user, User) and request.user.is_guest:
            messages.info(
                request, gettext("Sign up first: a guest has no email address and no password.")
            )
            return redirect("account_preferences")
        return view(request, *args, **kwargs)

    return wrapper
