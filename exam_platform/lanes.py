"""Saves first: pages may take all connections to the database but one, which is for saves.

However slow the database or however many the pages, an answer then waits for other answers only.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from exam_platform.views import unavailable

PAGE_WAIT_SECONDS = 1.0
"""How long a page waits for its turn; it keeps a thread from serving saves meanwhile."""

View = TypeVar("View", bound=Callable[..., HttpResponse])


def save_lane(view: View) -> View:
    """Mark a view as a save, which may use the connection that is kept from pages."""
    view.is_save = True  # type: ignore[attr-defined]
    return view


class SavesFirst:
    """Middleware, before any that asks the database; a page without a connection gets a 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        pool = settings.DATABASES["default"]["OPTIONS"].get("pool")
        if not pool:
            raise MiddlewareNotUsed("Without a pool, connections do not run out.")
        self._get_response = get_response
        self._pages = BoundedSemaphore(pool["max_size"] - 1)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self._get_response(request)
        finally:
            if getattr(request, "is_counted_as_page", False):
                self._pages.release()

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_: Any
    ) -> HttpResponse | None:
        if getattr(view, "is_save", False):
            return None
        if not self._pages.acquire(timeout=PAGE_WAIT_SECONDS):
            return unavailable()
        request.is_counted_as_page = True  # type: ignore[attr-defined]
        return None
