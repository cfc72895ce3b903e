"""Whether an exam can be booked, for its card."""

from django import template
from django.utils import timezone

from questions.availability import Availability, availability
from questions.models import Exam

register = template.Library()


@register.filter(name="availability")
def availability_today(exam: Exam) -> Availability | None:
    return availability(exam, today=timezone.localdate())
