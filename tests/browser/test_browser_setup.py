from collections.abc import Callable

import pytest
from playwright.sync_api import Page


def test_the_browser_reaches_the_server_under_test(page: Page) -> None:
    response = page.goto("/livez")
    assert response is not None
    assert (response.status, response.text()) == (200, "ok\n")


def test_the_accessibility_check_names_the_rule_and_the_element(
    page: Page, axe: Callable[[Page], None]
) -> None:
    page.set_content("<html lang=en><title>t</title><main><img id=bare src=data:,></main>")
    with pytest.raises(AssertionError, match=r"(?s)image-alt.*#bare"):
        axe(page)


def test_the_accessibility_check_passes_a_sound_page(
    page: Page, axe: Callable[[Page], None]
) -> None:
    page.set_content("<html lang=en><title>t</title><main><h1>Sound</h1></main>")
    axe(page)
