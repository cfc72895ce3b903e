"""Fields of the form of a question, each with what the rules found beside it."""

from typing import Any

from django import template
from django.forms import BoundField

register = template.Library()


@register.inclusion_tag("admin/questions/_field.html", takes_context=True)
def authored_field(context: template.Context, field: BoundField) -> dict[str, Any]:
    """The field with its label, help and errors; the ``findings`` are those of the page."""
    errors = context["findings"].beside(field.html_name)
    described = [f"{field.auto_id}_helptext"] if field.help_text else []
    attributes: dict[str, str | bool] = {}
    if errors:
        described.append(f"{field.auto_id}_error")
        attributes["aria-invalid"] = "true"
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return {"field": field, "control": field.as_widget(attrs=attributes), "errors": errors}


@register.inclusion_tag("admin/questions/_errors.html", takes_context=True)
def row_errors(context: template.Context, rows: str) -> dict[str, Any]:
    """The errors of a set of rows that belong to none of them."""
    return {"errors": context["findings"].beside(rows)}
