"""The notes in a real browser: accessible in both themes, searched while typing or by a button."""

import re
from collections.abc import Callable
from typing import Literal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from questions import bank
from tests.authored import content, question, section

BODY = """Crawlers infer a **schema**.

### Formats

| Format | Layout |
|:--|--:|
| Parquet | columns |

```python
import pandas as pd  # a comment

def read(path: str) -> int:
    return len(pd.read_csv(path, nrows=10))
```

![Crawlers](crawlers.jpg)
"""


@pytest.fixture(autouse=True)
def notes(transactional_db: None) -> None:
    sections = (
        section("glue", body=BODY, status="Renamed.", tasks=("1.1",)),
        section("athena", position=2, body="Query files in place."),
        section("kms", position=44, added=True, body="Keys."),
    )
    bank.load(content(question(), sections=sections), now=timezone.now())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "?q=schema", "?q=nowhere", "glue/"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_notes_meet_wcag_and_need_no_sideways_scrolling(
    window: Page,
    axe: Callable[[Page], None],
    path: str,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    page = window
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"/notes/mla-c01/{path}")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_typing_searches_and_clearing_shows_all_sections(window: Page) -> None:
    page = window
    page.goto("/notes/mla-c01/")
    field = page.get_by_label("Search the notes")
    field.press_sequentially("schemas")
    expect(page.locator("#results mark")).to_have_text("schema")
    expect(page).to_have_url(re.compile(r"\?q=schemas$"))
    expect(field).to_be_focused()
    field.fill("")
    expect(page.get_by_role("link", name="Athena")).to_be_visible()


def test_without_javascript_the_button_searches(
    open_browser: Callable[..., Page], candidate: User
) -> None:
    page = open_browser(candidate, java_script_enabled=False)
    page.goto("/notes/mla-c01/")
    page.get_by_label("Search the notes").fill("schemas")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#results mark")).to_have_text("schema")
