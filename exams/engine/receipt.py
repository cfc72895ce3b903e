"""When a request reached us, before it waited for anything.

In a rush, requests wait for a free worker. A save that arrived in time must not be late for our
queue's sake, so the proxy stamps each request when it has it whole; see ``deploy/nginx.conf``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest

STAMP = "X-Received-At"
"""Seconds since 1970, with a fraction; the proxy replaces whatever a browser sends by its own."""
LONGEST_WAIT = timedelta(seconds=60)


def received_at(request: HttpRequest, *, now: datetime) -> datetime:
    """The proxy's stamp where there is a proxy to trust and it makes sense; else ``now``."""
    if not settings.RECEIPT_STAMPS:
        return now
    try:
        stamp = datetime.fromtimestamp(float(request.headers.get(STAMP, "")), UTC)
    except (ValueError, OverflowError, OSError):
        return now
    return stamp if now - LONGEST_WAIT <= stamp <= now else now
