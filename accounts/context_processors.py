"""What every template may know of the site."""

from django.conf import settings
from django.http import HttpRequest

from accounts.models import TextSize, Theme


def site(request: HttpRequest) -> dict[str, object]:
    return {
        "site_name": settings.SITE_NAME,
        "display": {"themes": Theme.choices, "text_sizes": TextSize.choices},
        "mail_is_printed": settings.EMAIL_BACKEND.endswith(".console.EmailBackend"),
    }
