"""Uploaded images and error pages."""

import sys

import psycopg
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseServerError,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

RETRY_AFTER_SECONDS = "5"
# Classes of SQLSTATE: 08 connection failed, 53 out of connections or memory, 57P the server is
# stopping or starting. A connection that breaks on our side carries none.
UNREACHABLE = ("08", "53", "57P")


@require_GET
@cache_control(private=True, max_age=365 * 24 * 3600, immutable=True)
def media(request: HttpRequest, name: str) -> FileResponse:
    """An uploaded image. Its name is a digest of its content, so it can be kept for good.

    Only WebP is served: every upload was re-encoded to it, whatever it had been.
    """
    try:
        return FileResponse(default_storage.open(f"{name}.webp"), content_type="image/webp")
    except (OSError, SuspiciousFileOperation, ValueError):
        # No such file, or a name that no file can have: too long, below another file.
        raise Http404 from None


@login_not_required
@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may read: the front page and the notes, which are open to everybody."""
    rules = ["User-agent: *", "Allow: /$", "Allow: /notes/", "Allow: /static/", "Disallow: /"]
    return HttpResponse("\n".join([*rules, ""]), content_type="text/plain")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for an exception nothing else handled, in a view or in any middleware.

    Django calls this while the exception is being handled. An unreachable database is an
    outage, which passes, and no fault of the request: 503, so that clients try again.
    """
    if is_unreachable(sys.exception()):
        return unavailable()
    return HttpResponseServerError(_page_without_request("500.html"))


def unavailable() -> HttpResponse:
    """The page for a database that cannot be reached or is all taken, and will be back."""
    page = _page_without_request("errors/unavailable.html")
    return HttpResponse(page, status=503, headers={"Retry-After": RETRY_AFTER_SECONDS})


def is_unreachable(error: BaseException | None) -> bool:
    """Whether ``error`` says that the database cannot be reached, rather than refuses a query."""
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    return state is None or state.startswith(UNREACHABLE)


def _page_without_request(template: str) -> str:
    # No request: the header's "who is signed in" would ask the database that may be down.
    try:
        return render_to_string(template, {"site_name": settings.SITE_NAME})
    except Exception:  # noqa: BLE001  # whatever is broken, the visitor still gets a page
        return "<!doctype html><html lang=en><title>Error</title><h1>Something went wrong</h1>"
