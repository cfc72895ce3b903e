"""The notes in a real browser: accessible in both themes, searched while typing or by a button."""

import re
from collections.abc import Callable

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


def test_the_notes_meet_wcag_and_need_no_sideways_scrolling(
    window: Page, axe_in_themes: Callable[..., None]
) -> None:
    for path in ("", "?q=schema", "?q=nowhere", "glue/"):
        window.goto(f"/notes/mla-c01/{path}")
        axe_in_themes(window, light=320, dark=1280)


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
