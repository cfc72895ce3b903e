"""What is done for every request, whatever page it asks for."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import guests


def record_guest_visits(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, after that of authentication: guests are kept for as long after a visit."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # Looking at a page is a visit. A save has its statements counted, and comes from a page.
        if request.method == "GET":
            guests.record_visit(request, now=timezone.now())
        return get_response(request)

    return middleware


ZONE_COOKIE = "zone"
"""Written by static/js/local_time.js: the name of the browser's time zone."""


def use_readers_time_zone(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: times are shown, and days counted, in the zone of the browser."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with timezone.override(_known_zone(request.COOKIES.get(ZONE_COOKIE, ""))):
            return get_response(request)

    return middleware


def _known_zone(name: str) -> ZoneInfo:
    """The zone of that name; the site's own for none, and for what is no zone."""
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (KeyError, ValueError, OSError):  # unknown; no name of a file; the name of a folder
        return ZoneInfo(settings.TIME_ZONE)
