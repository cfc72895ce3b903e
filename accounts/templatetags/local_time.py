"""Moments for readers. ``static/js/local_time.js`` rewrites them in the zone of the browser."""

from datetime import datetime

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

register = template.Library()

# By the names that the script knows; each with its zone but the last.
FORMATS = {"minute": "M j, Y, H:i T", "second": "M j, Y, H:i:s T", "clock": "H:i T", "day": "M j"}


@register.simple_tag
def local_time(moment: datetime, shown: str = "minute") -> SafeString:
    """A ``<time>`` in the current zone, which is named; ``shown``: a name of FORMATS."""
    here = localtime(moment)
    return format_html(
        '<time datetime="{}" data-local-time="{}">{}</time>',
        here.isoformat(timespec="seconds"),
        shown,
        date_format(here, FORMATS[shown]),
    )
