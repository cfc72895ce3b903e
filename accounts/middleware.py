"""What is done for every request, whatever page it asks for."""

from collections.abc import Callable

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
