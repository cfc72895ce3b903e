"""Every drawing of the shipped notes as a browser shows it, in both themes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from questions import bank
from questions.content import Content, read_folder
from tests.authored import FIXTURES, content, question, section

FINDINGS = (Path(__file__).parent / "drawings.js").read_text()
WIDE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 80"><title>A long way</title>'
    '<text class="label" x="4" y="20">start</text></svg>'
)
IMAGE = re.compile(r"!\[.*?\]\([a-z0-9-]+\.svg\)")
TABLE = "| a | b |\n|---|---|\n" + f"| {'wide' * 20} | {'wider' * 20} |\n"


def load(body: str, drawings: Mapping[str, str]) -> None:
    """One section with this body."""
    exam = content(question(), sections=(section(body=body),))
    bank.load(replace(exam, drawings=drawings), now=timezone.now())


def look(page: Page) -> list[str]:
    """What is wrong with the drawings of the section on a phone."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/notes/mla-c01/glue/")
    found: list[str] = page.evaluate(FINDINGS)
    return found


@pytest.fixture(scope="module", params=["mla-c01", "mla-c02"])
def folder(request: pytest.FixtureRequest) -> Content:
    return read_folder(FIXTURES / request.param)


def test_every_shipped_drawing_is_whole_legible_and_named_in_both_themes(
    transactional_db: None,
    window: Page,
    candidate: User,
    axe: Callable[[Page], None],
    folder: Content,
) -> None:
    shown = {image: None for part in folder.sections for image in IMAGE.findall(part.body)}
    load("\n\n".join(shown), folder.drawings)
    for theme in ("light", "dark"):
        candidate.theme = theme
        candidate.save()
        assert look(window) == []
        images = window.locator("figure.diagram").get_by_role("img").all()
        assert len(images) >= len(folder.drawings)
        assert all(len(image.get_attribute("aria-label") or "") > 40 for image in images)
        axe(window)


def test_no_drawing_or_table_makes_a_page_scroll_sideways(
    transactional_db: None, window: Page, folder: Content
) -> None:
    shown = tuple(part for part in folder.sections if IMAGE.search(part.body))
    bank.load(replace(folder, sections=shown, questions=()), now=timezone.now())
    too_wide = []
    for part in shown:
        window.goto(f"/notes/{folder.exam.slug}/{part.anchor}/")
        for width in (320, 390, 1280):
            window.set_viewport_size({"width": width, "height": 844})
            if window.evaluate("document.documentElement.scrollWidth") > width:
                too_wide.append((part.anchor, width))
    assert too_wide == []


FAULTY = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 80"><title>Faulty</title>'
    '<rect class="box" x="20" y="5" width="30" height="30"/>'
    '<rect class="dot" x="200" y="0" width="90" height="40"/>'
    '<text class="label middle" x="35" y="25">sticks out</text>'
    '<text class="label" x="40" y="27">overlaps</text>'
    '<text class="label muted" x="210" y="25">pale</text>'
    '<text class="label-small" x="440" y="60">cut and small</text></svg>'
)


def test_the_check_of_drawings_finds_faults(transactional_db: None, window: Page) -> None:
    load("![Faulty](faulty.svg)", {"faulty.svg": FAULTY})
    found = "\n".join(look(window))
    for words in (
        '"sticks out" sticks out of its shape',
        '"overlaps" runs into "sticks out"',
        '"overlaps" is crossed by a rect',
        '"pale" has a contrast of 1.0',
        '"cut and small" is cut off',
        '"cut and small" has letters of 9',
    ):
        assert words in found


@pytest.mark.parametrize(
    ("body", "name"), [("![Along](way.svg)", "Wide drawing: A long way"), (TABLE, "Table")]
)
def test_what_is_too_wide_scrolls_by_keyboard_in_its_own_box(
    transactional_db: None, window: Page, axe: Callable[[Page], None], body: str, name: str
) -> None:
    load(body, {"way.svg": WIDE})
    window.set_viewport_size({"width": 320, "height": 700})
    window.goto("/notes/mla-c01/glue/")
    box = window.get_by_role("region", name=name)
    box.focus()
    window.keyboard.press("ArrowRight")
    window.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())
    assert window.evaluate("document.documentElement.scrollWidth") <= 320
    axe(window)
