"""Nothing that the server sends while an attempt is open tells a key or a rationale."""

import re
from collections.abc import Iterator, Mapping

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import User
from exams.engine import attempts
from exams.models import Attempt
from tests.bank import CANARY
from tests.canaries import leaks, make_secretive_exam, secrets_of
from tests.people import client_of
from tests.sittings import answer, begin, right_places

pytestmark = pytest.mark.django_db

# Posting to these ends the attempt, the session or the account, and with it the test.
ENDINGS = ("/submit/", "/accounts/logout/", "/accounts/delete/")


@pytest.fixture
def attempt(candidate: User) -> Attempt:
    attempt = begin(candidate, make_secretive_exam())
    for response in attempt.responses.select_related("version").filter(position__lte=8):
        answer(attempt, response.position, right_places(response))
    return attempt


def patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Every address of the site but the admin's, whose people write the keys."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern)
        elif entry.namespace != "admin":
            yield from patterns(entry, prefix + str(entry.pattern))


def addresses(attempt: Attempt, position: int) -> list[str]:
    slug = attempt.exam.slug
    known = {"attempt_id": attempt.pk, "position": position, "slug": slug, "exam": slug}
    known |= {"anchor": "glue", "name": "diagram", "fixed_form": "form-a", "fixed_form_id": 1}
    known |= {"question_id": 1, "alarm_id": 1}
    return [
        re.sub(r"<\w+:(\w+)>", lambda match: str(known[match[1]]), pattern)
        for pattern in patterns(get_resolver())
    ]


def sent(client: Client, address: str, form: Mapping[str, object] | None = None) -> str:
    """All that the server answers: status, headers, body; to a browser and to htmx."""
    texts = []
    for headers in ({}, {"HX-Request": "true"}):
        if form is None:
            reply = client.get(address, headers=headers)
        else:
            reply = client.post(address, form, headers=headers)
        body = b"".join(reply) if reply.streaming else reply.content
        texts.append(f"{reply.status_code} {reply.headers} {body.decode()}")
    return "\n".join(texts)


def test_no_address_tells_a_key_while_the_attempt_is_open(attempt: Attempt) -> None:
    client = client_of(attempt.user)
    crawled = {address for place in range(1, 14) for address in addresses(attempt, place)}
    everything = [sent(client, address) for address in sorted(crawled)]
    assert len(crawled) > 80
    assert not leaks(attempt, "\n".join(everything))
    attempt.refresh_from_db()
    assert not attempt.is_closed


FORMS = [
    {},
    {"epoch": 1, "rev": 9, "answer": ["2"], "go": "next", "flagged": "1", "auto": "1"},
    {"epoch": 1, "rev": 9, "answer": ["2", "2", "9", "none"]},
    {"epoch": 7, "rev": 1, "answer": ["1", "2", "3"]},
    {"epoch": 1, "rev": 1, "answer": [""]},
]


def test_no_answer_to_a_form_tells_a_key_while_the_attempt_is_open(attempt: Attempt) -> None:
    client = client_of(attempt.user)
    everything = [
        sent(client, address, form)
        for position in (*range(1, 13), 99)
        for address in addresses(attempt, position)
        for form in FORMS
        if not address.endswith(ENDINGS) and f"/{position}/" in address
    ]
    everything += [
        sent(client, reverse("exams:submit", args=[attempt.pk]), {"auto": "1"}),
        sent(client, reverse("exams:take_over", args=[attempt.pk]), {"position": "1"}),
    ]
    statuses = {text[:3] for text in everything}
    assert statuses >= {"200", "302", "404", "405", "409", "422"}
    assert not leaks(attempt, "\n".join(everything))
    attempt.refresh_from_db()
    assert not attempt.is_closed


@pytest.mark.parametrize("name", ["report", "question"])
def test_the_report_of_an_open_attempt_leads_back_to_the_exam(attempt: Attempt, name: str) -> None:
    position = {"position": 1} if name == "question" else {}
    address = reverse(f"results:{name}", kwargs={"attempt_id": attempt.pk} | position)
    reply = client_of(attempt.user).get(address)
    assert (reply.status_code, reply.headers["Location"]) == (302, attempt.get_absolute_url())


def test_a_key_in_an_answer_would_be_noticed(attempt: Attempt) -> None:
    attempts.submit(user=attempt.user, attempt_id=attempt.pk, now=timezone.now())
    review = sent(client_of(attempt.user), f"/attempts/{attempt.pk}/report/q/1/")
    assert leaks(attempt, review) == [CANARY]
    secret = secrets_of(attempt)[1]
    assert leaks(attempt, f'<input value="{secret}">') == [secret]
