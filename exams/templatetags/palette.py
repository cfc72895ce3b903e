"""One small link for each question of an attempt: in the palette, and larger on the review."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from exams.pages.screens import Cell, Sheet

register = template.Library()


@register.simple_tag
def palette_cells(sheet: Sheet, current: int) -> SafeString:
    """The list items of the palette; ``current`` is the position of the question shown.

    Written here and not in a template: 65 cells made a third of the page's processor time.
    """
    return mark_safe("".join(_item(cell, current) for cell in sheet.cells))  # noqa: S308


@register.simple_tag
def review_cells(cells: Sequence[Cell]) -> SafeString:
    """The list items of the review, each named as the question that it leads to."""
    before = f'<span class="visually-hidden">{_("Question")} </span>'
    return mark_safe("".join(_item(cell, 0, before=before) for cell in cells))  # noqa: S308


def _item(cell: Cell, current: int, *, before: str = "") -> str:
    # Numbers and our own words only: there is nothing to escape.
    classes = " flagged" if cell.flagged else ""
    classes += " noted" if cell.noted else ""
    classes += {None: "", True: " right", False: " wrong"}[cell.correct]
    here = ' aria-current="page"' if cell.position == current else ""
    said = f' data-confidence="{cell.confidence}"' if cell.confidence else ""
    return (
        f'<li><a href="../q/{cell.position}/" class="{cell.state}{classes}" '
        f'data-cell="{cell.position}"{said}{here}>{before}{cell.position}'
        f'<span class="visually-hidden">, {cell.label}</span></a></li>'
    )
