"""Slow pages take a connection for each thread that serves them; answers are saved all the same.

Settings see to it that the pool has at least one connection more than a web worker has threads.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any, cast

import pytest
from django.conf import settings as project_settings
from django.contrib.auth.decorators import login_not_required
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path, reverse
from pytest_django.fixtures import Settings

from exam_platform import urls
from exams.models import Attempt
from questions.kinds import Kind
from tests.bank import fill, make_exam
from tests.people import CandidateFactory, client_of
from tests.sittings import begin

pytestmark = pytest.mark.django_db(transaction=True)
handler500 = urls.handler500

THREADS = 2
POOL_SIZE = THREADS + 1
WAIT_SECONDS = 30
CSRF_TOKEN = "c" * 32


class SlowPage:
    """A page that keeps its connection until it is told to end."""

    def __init__(self) -> None:
        self.has_connection, self.may_end = threading.Semaphore(0), threading.Event()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        self.has_connection.release()
        self.may_end.wait(WAIT_SECONDS)
        return HttpResponse("At last.")

    def wait_until_held(self) -> None:
        """Until one more request for it has its connection."""
        assert self.has_connection.acquire(timeout=WAIT_SECONDS)


@pytest.fixture
def slow_page(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowPage]:
    page = SlowPage()
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(
        f"{__name__}.urlpatterns",
        [
            *urls.urlpatterns,
            path("slow-page", login_not_required(page)),
        ],
        raising=False,
    )
    yield page
    page.may_end.set()


def _ignore_head(*_: Any) -> Callable[[bytes], object]:
    return bytes.__len__


class Server:
    """The application as a web server calls it, each request in a thread of its own."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._handle = WSGIHandler()
        self._requests = RequestFactory()
        self._requests.cookies = client_of(attempt.user).cookies
        self._requests.cookies["csrftoken"] = CSRF_TOKEN
        # One for each page that may be slow, and one more for what must go on meanwhile.
        self._threads = ThreadPoolExecutor(POOL_SIZE + 1)

    def stop(self) -> None:
        self._threads.shutdown()

    def get(self, address: str) -> HttpResponse:
        return self.begin_to_get(address)()

    def begin_to_get(self, address: str) -> Callable[[], HttpResponse]:
        request = self._requests.get(address)
        return partial(self._threads.submit(self._answer, request).result, WAIT_SECONDS)

    def save(self, rev: int) -> HttpResponse:
        request = self._requests.post(
            reverse("exams:save", args=[self._attempt.pk, 1]),
            {"epoch": 1, "rev": rev, "answer": ["1"]},
            headers={"X-CSRFToken": CSRF_TOKEN},
        )
        return self._threads.submit(self._answer, request).result(WAIT_SECONDS)

    def _answer(self, request: WSGIRequest) -> HttpResponse:
        response = self._handle(request.environ, _ignore_head)
        response.close()
        return cast("HttpResponse", response)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    exam = make_exam(slug="first", items=4, scored_items=4)
    fill(exam, per_task=2, kinds=[Kind.CHOICE])
    attempt = begin(CandidateFactory.create(), exam)
    options = project_settings.DATABASES["default"]["OPTIONS"]
    pool = {"min_size": 1, "max_size": POOL_SIZE, "timeout": 1}
    monkeypatch.setitem(options, "pool", pool)
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "pool", pool)
    server = Server(attempt)
    yield server
    server.stop()
    connection.close_pool()  # type: ignore[attr-defined]  # Postgres' own


def test_a_save_has_a_connection_however_many_threads_slow_pages_hold(
    slow_page: SlowPage, server: Server
) -> None:
    pages = [server.begin_to_get("/slow-page") for _ in range(THREADS)]
    for _ in pages:
        slow_page.wait_until_held()
    assert server.save(rev=1).status_code == 200
    assert server.save(rev=2).status_code == 200
    slow_page.may_end.set()
    assert [page().content for page in pages] == [b"At last."] * THREADS
    assert server.get("/slow-page").status_code == 200


def test_a_page_waits_for_a_connection_no_longer_than_it_must(
    slow_page: SlowPage, server: Server
) -> None:
    pages = [server.begin_to_get("/slow-page") for _ in range(POOL_SIZE)]
    for _ in pages:
        slow_page.wait_until_held()
    refused = server.get("/slow-page")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert b"Back in a moment" in refused.content
    slow_page.may_end.set()
    assert [page().content for page in pages] == [b"At last."] * POOL_SIZE
    assert server.save(rev=1).status_code == 200


def test_when_saves_run_out_of_connections_too_they_are_asked_to_come_again(
    server: Server,
) -> None:
    assert server.save(rev=1).status_code == 200
    with ExitStack() as held:
        for _ in range(POOL_SIZE):
            held.enter_context(connection.pool.connection())  # type: ignore[attr-defined]
        refused = server.save(rev=2)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert server.save(rev=2).status_code == 200
