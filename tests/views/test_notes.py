import re

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from questions import bank
from questions.content import Section
from questions.models import Exam, NoteSection
from tests.authored import content, question, section
from tests.people import client_of

SIGNED_IN = 2  # the session and its user
HTMX = {"HTTP_HX_REQUEST": "true"}


def load(*more: Section) -> Exam:
    """Three sections, the last one added, with one question on Glue."""
    sections = (
        section(
            "glue",
            body="Crawlers infer a **schema** from files.\n\n```python\nimport os\n```",
            tasks=("1.1", "1.2"),
            references=("https://docs.aws.amazon.com/glue/",),
        ),
        section(
            "athena",
            position=2,
            body="Query a schema & more when `price < limit` holds.",
            status="Renamed.",
        ),
        section("kms", position=44, title="Keys & locks", added=True),
        *more,
    )
    bank.load(content(question(), sections=sections), now=timezone.now())
    return Exam.objects.get()


@pytest.fixture
def client(candidate: User) -> Client:
    load()
    return client_of(candidate)


def page(client: Client, path: str, **options: str) -> str:
    response = client.get(path, **options)  # type: ignore[arg-type]
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("path", ["/notes/mla-c01/", "/notes/mla-c01/glue/"])
def test_the_notes_are_open_to_visitors_and_make_nobody(db: None, path: str) -> None:
    load()
    assert "Glue" in page(Client(), path)
    assert Client().get("/notes/")["Location"] == "/notes/mla-c01/"
    assert not User.objects.exists()


@pytest.mark.parametrize("path", ["/notes/none/", "/notes/none/glue/", "/notes/mla-c01/none/"])
def test_a_visitor_finds_nothing_at_an_unknown_address(db: None, path: str) -> None:
    load()
    assert Client().get(path).status_code == 404


def test_a_visitor_practices_a_section_as_a_guest(db: None) -> None:
    load()
    visitor = Client()
    reply = visitor.post("/notes/mla-c01/glue/practice", follow=True)
    assert reply.status_code == 200
    assert User.objects.get().is_guest
    visitor.post("/notes/mla-c01/glue/practice")
    assert User.objects.count() == 1


def test_an_exam_without_notes_is_not_offered(client: Client) -> None:
    Exam.objects.create(
        **dict.fromkeys(("items", "scored_items", "minutes", "scale_min"), 1),
        slug="empty",
        code="EMPTY",
        pass_mark=2,
        scale_max=3,
        kinds=["choice"],
    )
    assert client.get("/notes/")["Location"] == "/notes/mla-c01/"


@pytest.mark.parametrize("path", ["/notes/nothing/", "/notes/mla-c01/nothing/", "/notes/x/glue/"])
def test_what_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/notes/mla-c01/", "/notes/mla-c01/glue/"])
def test_the_notes_are_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_one_exam_with_notes_needs_no_choice(client: Client) -> None:
    assert client.get("/notes/")["Location"] == "/notes/mla-c01/"
    other = Exam.objects.get()
    other.pk, other.slug = None, "other"
    other.save(force_insert=True)
    NoteSection.objects.create(exam=other, anchor="glue", title="Glue", position=1)
    assert page(client, "/notes/").count('<a href="/notes/') >= 2


def test_the_table_of_contents_tells_the_owners_sections_from_added_ones(client: Client) -> None:
    shown = page(client, "/notes/mla-c01/")
    assert shown.startswith("<!doctype html>")
    own, added = shown.split("Additional topics")
    assert own.index("/notes/mla-c01/glue/") < own.index("/notes/mla-c01/athena/")
    assert "Keys &amp; locks" in added


def test_removed_sections_are_not_listed_but_stay_readable(client: Client) -> None:
    NoteSection.objects.filter(anchor="glue").update(removed_at=timezone.now())
    assert "/notes/mla-c01/glue/" not in page(client, "/notes/mla-c01/")
    assert "no longer part of the notes" in page(client, "/notes/mla-c01/glue/")


def test_a_search_finds_words_in_all_their_forms_best_first(client: Client) -> None:
    shown = page(client, "/notes/mla-c01/?q=schemas")
    assert "2 sections for “schemas”" in shown
    assert "infer a <mark>schema</mark> from files" in shown
    best = page(client, "/notes/mla-c01/?q=glue crawler")
    assert re.findall(r'class="hits">\s*<li>\s*<a href="([^"]*)"', best) == ["/notes/mla-c01/glue/"]
    assert "<mark>Crawlers</mark> infer a schema" in re.sub(r"\s+", " ", best)


def test_a_search_understands_quotes_and_minus(client: Client) -> None:
    assert "1 section for" in page(client, "/notes/mla-c01/?q=schema -query")
    assert "No section has" in page(client, '/notes/mla-c01/?q="schema infer"')


def test_excerpts_show_text_as_text(client: Client) -> None:
    shown = page(client, "/notes/mla-c01/?q=query")
    assert "&amp; more when price &lt; limit" in re.sub(r"\s+", " ", shown)


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "'; DROP TABLE x --", "&!|():*", '"']
)
def test_hostile_words_are_only_words(client: Client, words: str) -> None:
    response = client.get("/notes/mla-c01/", {"q": words})
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize("words", ["x\x00y", "x" * 201])
def test_words_that_cannot_be_searched_for_are_told(client: Client, words: str) -> None:
    response = client.get("/notes/mla-c01/", {"q": words})
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()


def test_a_fragment_is_the_part_of_the_page_that_changes(client: Client) -> None:
    response = client.get("/notes/mla-c01/?q=schema", **HTMX)  # type: ignore[arg-type]
    fragment = response.content.decode().strip()
    assert fragment.startswith('<div id="results"')
    assert fragment in page(client, "/notes/mla-c01/?q=schema")
    assert "HX-Request" in response["Vary"]


def test_going_back_in_the_browser_gets_the_whole_page(client: Client) -> None:
    restored = page(
        client, "/notes/mla-c01/?q=schema", **HTMX, HTTP_HX_HISTORY_RESTORE_REQUEST="true"
    )
    assert restored.startswith("<!doctype html>")


def test_a_section_shows_its_text_tasks_references_and_questions(client: Client) -> None:
    shown = page(client, "/notes/mla-c01/glue/")
    assert "<strong>schema</strong>" in shown
    assert '<div class="codehilite">' in shown
    assert "1.2 Transform data and engineer features" in shown
    assert 'href="https://docs.aws.amazon.com/glue/"' in shown
    assert "1 question uses this section." in " ".join(shown.split())
    assert 'aria-current="page">Glue</a>' in shown


def test_a_section_says_what_became_of_its_service(client: Client) -> None:
    assert "Renamed." in page(client, "/notes/mla-c01/athena/")
    assert "Service status" not in page(client, "/notes/mla-c01/glue/")


@pytest.mark.parametrize(
    ("anchor", "previous", "following"),
    [("glue", None, "athena"), ("athena", "glue", "kms"), ("kms", "athena", None)],
)
def test_sections_lead_to_their_neighbours(
    client: Client, anchor: str, previous: str | None, following: str | None
) -> None:
    shown = page(client, f"/notes/mla-c01/{anchor}/")
    links = dict(re.findall(r'<a rel="(prev|next)" href="/notes/mla-c01/([^"/]*)/"', shown))
    assert (links.get("prev"), links.get("next")) == (previous, following)


def test_a_retired_question_draws_on_nothing(client: Client) -> None:
    Exam.objects.get().questions.update(retired_at=timezone.now())
    assert "No question uses this section yet." in page(client, "/notes/mla-c01/glue/")


@pytest.mark.parametrize("count", [1, 60])
@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/notes/mla-c01/", 2),
        ("/notes/mla-c01/?q=schema", 2),
        ("/notes/mla-c01/glue/", 4),
    ],
)
def test_a_page_takes_as_many_queries_whatever_there_is_to_show(
    candidate: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    path: str,
    queries: int,
    count: int,
) -> None:
    load(*(section(f"part-{n}", position=n, body="A schema.") for n in range(3, 3 + count)))
    client = client_of(candidate)
    with django_assert_num_queries(SIGNED_IN + queries):
        client.get(path)


@pytest.mark.parametrize("anchor", ["modèle-café", "機械学習"])
def test_a_section_whose_heading_is_not_english_can_be_read_and_practiced(
    client: Client, anchor: str
) -> None:
    NoteSection.objects.filter(anchor="glue").update(anchor=anchor)
    shown = page(client, f"/notes/mla-c01/{anchor}/")
    action = re.search(r'action="([^"]*/practice)"', shown)
    assert action
    assert client.post(action[1]).status_code == 302


@pytest.mark.parametrize("words", ["craw", "schem", "infer sche", "crawlers inf"])
def test_half_a_word_finds_what_begins_so(client: Client, words: str) -> None:
    assert "No section has" not in page(client, f"/notes/mla-c01/?q={words}")


@pytest.mark.parametrize("words", ["'", "a:*", "\\", "!", "&|", "craw' | 'x", "-craw"])
def test_signs_of_the_query_language_are_only_signs(client: Client, words: str) -> None:
    assert client.get("/notes/mla-c01/", {"q": words}).status_code == 200


def test_quotes_still_ask_for_whole_words(client: Client) -> None:
    assert "No section has" in page(client, '/notes/mla-c01/?q="craw"')
