"""How templates, styles and scripts are laid out, so that a diff shows what changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_LINE = 120
KINDS = ("templates/**/*.html", "static/css/*.css", "static/js/*.js", "tests/js/*.js")
SINGLE_QUOTES = re.compile(r"\{% (?:static|url) '")


def files(pattern: str) -> list[Path]:
    found = sorted(ROOT.glob(pattern))
    assert found, pattern
    return found


@pytest.mark.parametrize("pattern", KINDS)
def test_no_line_is_longer_than_the_limit(pattern: str) -> None:
    long = [
        f"{path.relative_to(ROOT)}:{number}: {len(line)} characters; break it at {LONGEST_LINE}"
        for path in files(pattern)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > LONGEST_LINE
    ]
    assert not long, "\n".join(long)


def test_addresses_in_templates_are_in_double_quotes() -> None:
    templates = files("templates/**/*.html")
    single = [str(path) for path in templates if SINGLE_QUOTES.search(path.read_text())]
    assert not single


def test_no_script_knows_an_address() -> None:
    """They come from the page, so that renaming one is one change."""
    written = re.compile(r"[\"'`]/[a-z]+/")
    known = [str(path) for path in files("static/js/*.js") if written.search(path.read_text())]
    assert not known
