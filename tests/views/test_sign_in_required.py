from collections.abc import Iterator

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

# What anybody may open: the ways in. All else is for people signed in.
OPEN = {
    "account_login",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "admin:login",
    # What this is, and a try without an account.
    "home",
    "robots",
    "exams:try",
    "exams:try_mock",
    "account_come_back",
    # The study notes, and a try of what they say.
    "questions:notes_index",
    "questions:notes",
    "questions:note",
    "exams:practice_section",
}


def named_patterns(
    resolver: URLResolver, namespace: str | None = None
) -> Iterator[tuple[str, URLPattern]]:
    namespace = resolver.namespace or namespace
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            name = entry.name or str(entry.pattern)
            yield f"{namespace}:{name}" if namespace else name, entry
        else:
            yield from named_patterns(entry, namespace)


def test_every_page_demands_to_be_signed_in_but_a_short_list() -> None:
    assert "django.contrib.auth.middleware.LoginRequiredMiddleware" in settings.MIDDLEWARE
    unguarded = {
        name
        for name, pattern in named_patterns(get_resolver())
        if not getattr(pattern.callback, "login_required", True)
    }
    assert unguarded == OPEN
