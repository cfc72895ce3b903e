"""What people set for themselves. Signing in and passwords are allauth's pages."""

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import guests
from accounts.forms import DeleteAccountForm, DisplayForm, PreferencesForm
from accounts.http import Request, VisitorRequest
from accounts.models import User


@never_cache
@require_http_methods(["GET", "POST"])
def preferences(request: Request) -> HttpResponse:
    """Extra time and colours, and the way to everything else about the account."""
    form = PreferencesForm(request.POST or None, instance=request.user)
    if form.is_valid():
        form.instance.save(update_fields=list(form.fields))
        messages.success(request, "Your preferences are saved.")
        return redirect("account_preferences")
    status = 422 if form.is_bound else 200
    return render(request, "account/preferences.html", {"form": form}, status=status)


@require_POST
def display(request: Request) -> HttpResponse:
    """Colours and text size, set from the page that is being read; leads back to it."""
    form = DisplayForm(request.POST, instance=request.user)
    if form.is_valid():
        form.instance.save(update_fields=list(form.fields))
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = reverse("account_preferences")
    return redirect(back)


@login_not_required
@require_POST
def keep(request: VisitorRequest) -> HttpResponse:
    """A guest steps aside to sign up or to sign in; its work waits for that, or for its return."""
    if isinstance(request.user, User) and request.user.is_guest:
        guests.step_aside(request, request.user, now=timezone.now())
    return redirect("account_login" if request.POST.get("to") == "login" else "account_signup")


@login_not_required
@require_POST
def come_back(request: VisitorRequest) -> HttpResponse:
    """Go on as the guest of before, without signing up after all."""
    guests.come_back(request)
    return redirect("home")


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
        messages.success(request, "Your account and everything in it is deleted.")
        return redirect("account_login")
    status = 422 if form.is_bound else 200
    return render(request, "account/delete.html", {"form": form}, status=status)
