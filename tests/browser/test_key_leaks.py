"""Every byte that the server sends to a browser during an attempt, searched for its keys."""

import gzip
from collections import defaultdict
from wsgiref.handlers import SimpleHandler

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from exams.models import Attempt
from tests.browser.steps import (
    answer,
    expect_question,
    hand_in,
    open_question,
    question_url,
)
from tests.canaries import leaks, make_secretive_exam
from tests.sittings import begin, right_places


class Wire:
    """What went to the browser, response by response: status line, headers and body."""

    def __init__(self) -> None:
        self._responses: dict[SimpleHandler, bytearray] = defaultdict(bytearray)

    def note(self, handler: SimpleHandler, data: bytes) -> None:
        self._responses[handler] += data

    def cut(self) -> None:
        self._responses.clear()

    @property
    def texts(self) -> list[str]:
        return [_readable(bytes(response)) for response in list(self._responses.values())]


def _readable(response: bytes) -> str:
    head, _, body = response.partition(b"\r\n\r\n")
    if b"content-encoding: gzip" in head.lower():
        body = gzip.decompress(body)
    return (head + b"\n\n" + body).decode(errors="replace")


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    write = SimpleHandler._write

    def note_and_write(self: SimpleHandler, data: bytes) -> None:
        wire.note(self, data)
        write(self, data)

    monkeypatch.setattr(SimpleHandler, "_write", note_and_write)
    return wire


@pytest.fixture
def secret_attempt(live_server: LiveServer, candidate: User) -> Attempt:
    return begin(candidate, make_secretive_exam())


def test_no_byte_sent_during_a_whole_exam_tells_a_key(
    window: Page, secret_attempt: Attempt, wire: Wire
) -> None:
    window.goto("/")
    window.goto(f"/exams/{secret_attempt.exam.slug}/")
    sit(window, secret_attempt)
    misuse(window, secret_attempt)
    window.goto(f"/attempts/{secret_attempt.pk}/submit/")
    expect(window.get_by_role("button", name="Submit exam")).to_be_visible()

    texts = wire.texts
    seen = {text.split()[1] for text in texts}
    assert seen >= {"200", "302", "404", "409", "422"}
    assert any("export class Outbox" in text for text in texts)
    assert sum("What about" in text for text in texts) > secret_attempt.exam.items
    assert not leaks(secret_attempt, "\n".join(texts))

    wire.cut()
    hand_in(window)
    window.goto(f"/attempts/{secret_attempt.pk}/report/q/1/")
    assert leaks(secret_attempt, "\n".join(wire.texts))


def sit(page: Page, attempt: Attempt) -> None:
    open_question(page, attempt, 1)
    for response in attempt.responses.select_related("version").order_by("position"):
        expect_question(page, response.position)
        answer(page, right_places(response))
        last = response.position == attempt.exam.items
        page.get_by_role("button", name="Review" if last else "Next", exact=True).click()
    page.get_by_role("link", name="Flagged (0)").click()
    expect(page.get_by_text("No questions here.")).to_be_visible()


def misuse(page: Page, attempt: Attempt) -> None:
    """What no page of ours sends, and asking for what is not there yet."""
    page.goto(question_url(attempt, 1))
    token = page.locator("#question [name=csrfmiddlewaretoken]").input_value()
    headers = {"Referer": page.url, "X-CSRFToken": token}
    save = f"{question_url(attempt, 1)}save"
    for status, form in ((409, "epoch=1&rev=1&answer="), (422, "epoch=1&rev=9&answer=77")):
        reply = page.request.post(
            save, data=form, headers=headers | {"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert reply.status == status
    for address in ("clock", "report/", "report/q/1/", "q/99/"):
        page.request.get(f"/attempts/{attempt.pk}/{address}")
    page.request.get(f"/attempts/{attempt.pk}/report/q/1/", max_redirects=0)
