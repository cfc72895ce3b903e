"""The coverage pages in a browser: rules of WCAG 2.2 AA, both themes, narrow windows."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.bank import fill, make_exam


@pytest.mark.parametrize(("theme", "size"), [("light", (1280, 800)), ("dark", (390, 844))])
def test_the_coverage_reads_well_in_both_themes_and_on_a_phone(
    open_browser: Callable[..., Page],
    axe: Callable[[Page], None],
    author: User,
    theme: str,
    size: tuple[int, int],
) -> None:
    fill(make_exam(), per_task=2)
    page = open_browser(author, size=size, color_scheme=theme)
    page.goto("/admin/")
    page.get_by_role("link", name="Coverage").click()
    axe(page)
    page.get_by_role("link", name="MLA-C01").click()
    expect(page.get_by_text("The bank cannot supply a full form.")).to_be_visible()
    axe(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
