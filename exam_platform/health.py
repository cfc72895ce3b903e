"""Health checks, answered before anything else looks at the request.

A balancer asks by address and over plain HTTP: the host check and the redirect to https would
refuse it, and sessions and sign-in are no part of its question.
"""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse


def answer_health_checks(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, to be the first of all, for /livez and /readyz."""
    checks = {"/livez": livez, "/readyz": readyz}

    def middleware(request: HttpRequest) -> HttpResponse:
        check = checks.get(request.path)
        return check() if check else get_response(request)

    return middleware


def livez() -> HttpResponse:
    """Whether this process answers at all; touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz() -> HttpResponse:
    """Whether this process can do its work now: 503 while the database cannot be reached."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database unreachable\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")
