"""Lengths of time in words."""

from datetime import timedelta

from django import template

register = template.Library()


@register.filter
def duration(length: timedelta) -> str:
    """``1 h 5 min``, or ``2 min 30 s`` below an hour."""
    seconds = int(length.total_seconds())
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
