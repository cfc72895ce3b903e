"""Item statistics and alarms in a browser: WCAG 2.2 AA, both themes, narrow windows."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from results import item_statistics
from tests.bank import make_exam
from tests.exposures import Given, make_question, sit
from tests.people import CandidateFactory


@pytest.mark.parametrize(("theme", "size"), [("light", (1280, 800)), ("dark", (390, 844))])
def test_an_author_follows_an_alarm_to_its_figures_and_settles_it(
    open_browser: Callable[..., Page],
    axe: Callable[[Page], None],
    author: User,
    theme: str,
    size: tuple[int, int],
) -> None:
    exam = make_exam()
    hard, easy = make_question(exam, "hard"), make_question(exam, "easy")
    for _ in range(20):
        sit(CandidateFactory.create(), exam, [Given(hard, ["a"]), Given(easy, ["b"])])
    item_statistics.refresh_all(now=timezone.now())

    def reads_well(page: Page) -> None:
        axe(page)
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.set_viewport_size({"width": size[0], "height": size[1]})

    page = open_browser(author, size=size, color_scheme=theme)
    page.goto("/admin/")
    page.get_by_role("link", name="Item statistics").click()
    reads_well(page)
    page.get_by_role("link", name="hard", exact=True).click()
    expect(page.get_by_text("0 % of 20 first answers are right")).to_be_visible()
    reads_well(page)
    page.goto("/item-alarms/")
    reads_well(page)
    page.get_by_role("link", name="Fewer right than by guessing").click()
    reads_well(page)
    page.get_by_label("Reason").fill("Rewritten soon.")
    page.get_by_role("button", name="Settle").click()
    expect(page.get_by_text("No open alarm.")).to_be_visible()
    page.get_by_role("link", name="Settled", exact=True).click()
    expect(page.get_by_text("Rewritten soon.")).to_be_visible()
    reads_well(page)
