"""What people set for themselves. Signing in and passwords are allauth's pages."""

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import guests
from accounts.adapter import NOT_ADOPTED, answers_saved
from accounts.forms import DeleteAccountForm, DisplayForm, PreferencesForm
from accounts.http import Request, VisitorRequest


@never_cache
@require_http_methods(["GET", "POST"])
def preferences(request: Request) -> HttpResponse:
    """Extra time and colours, and the way to everything else about the account."""
    form = PreferencesForm(request.POST or None, instance=request.user)
    if form.is_valid():
        form.instance.save(update_fields=list(form.fields))
        messages.success(request, gettext("Your preferences are saved."))
        return redirect("account_preferences")
    status = 422 if form.is_bound else 200
    return render(request, "account/preferences.html", {"form": form}, status=status)


@require_POST
def display(request: Request) -> HttpResponse:
    """Colours and text size, set from the page that is being read; leads back to it."""
    form = DisplayForm(request.POST, instance=request.user)
    if form.is_valid():
        form.instance.save(update_fields=list(form.fields))
    return redirect(_safe_next(request, reverse("account_preferences")))


def _safe_next(request: Request, otherwise: str) -> str:
    """Where the form or the link leads on to, when that is on this site."""
    given = request.POST.get("next") or request.GET.get("next") or ""
    is_safe = url_has_allowed_host_and_scheme(given, {request.get_host()}, request.is_secure())
    return given if is_safe else otherwise


@login_not_required
@require_POST
def come_back(request: VisitorRequest) -> HttpResponse:
    """Go on as the guest of before, without signing up after all."""
    guests.come_back(request)
    return redirect("home")


@never_cache
@require_http_methods(["GET", "POST"])
def guest_work(request: Request) -> HttpResponse:
    """Add what was done as a guest before; of two open attempts, which goes on is asked first."""
    back = _safe_next(request, reverse("home"))
    guest = guests.waiting(request)
    if guest is None:
        return redirect(back)
    if request.method == "POST":
        return _add_guest_work(request, back)
    context = {
        "rivals": guests.rivals(guest, request.user),
        "answers": guests.count_answers(guest),
        "next": back,
    }
    return render(request, "account/guest_work.html", context)


def _add_guest_work(request: Request, back: str) -> HttpResponse:
    chosen = request.POST.get("stays_open")
    stays_open = guests.StaysOpen(chosen) if chosen in set(guests.StaysOpen) else None
    try:
        answers = guests.adopt(request, request.user, stays_open=stays_open)
    except guests.ChoiceNeeded:
        return redirect("account_guest_work")
    except guests.NotMoved:
        messages.warning(request, NOT_ADOPTED)
    else:
        messages.success(request, answers_saved(answers))
    return redirect(back)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def delete(request: Request) -> HttpResponse:
    """Delete the signed-in person and, by the database's cascades, all that is theirs."""
    if request.method == "POST" and not ratelimit.consume(
        request, action="reauthenticate", user=request.user
    ):
        return ratelimit.respond_429(request)  # type: ignore[no-any-return]  # allauth is untyped
    form = DeleteAccountForm(request.POST or None, user=request.user)
    if form.is_valid():
        request.user.delete()
        logout(request)
        messages.success(request, gettext("Your account and everything in it is deleted."))
        return redirect("account_login")
    status = 422 if form.is_bound else 200
    return render(request, "account/delete.html", {"form": form}, status=status)
