"""The time left as the clock shows it; static/js/countdown.js goes on from there."""

from django import template

register = template.Library()


@register.filter
def clock_reading(remaining_ms: int) -> str:
    """``1:05:09``, or ``5:09`` below an hour; a second that has begun counts whole."""
    seconds = -(-remaining_ms // 1000)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
