"""The bank in the admin: who may do what, and what becomes of what they do."""

import io
import re
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import QueryDict
from django.test import Client
from PIL import Image

from accounts.models import User
from exams.models import Attempt
from questions import content as files
from questions.content import QuestionContent, parse
from questions.kinds import Kind
from questions.models import Domain, Exam, NoteImage, NoteSection, Question, Task
from tests.bank import fill, make_exam, make_section
from tests.people import AuthorFactory, StaffFactory, client_of
from tests.sittings import answer, begin, right_places

LIST = "/admin/questions/question/"
ADD = f"{LIST}add/"
Budget = Callable[[int], AbstractContextManager[object]]


@pytest.fixture
def exam(db: None) -> Exam:
    exam = make_exam(items=12, scored_items=12)
    fill(exam, per_task=1, kinds=[Kind.CHOICE])
    return exam


@pytest.fixture
def question(exam: Exam) -> Question:
    return exam.questions.order_by("pk")[0]


@pytest.fixture
def web(author: User) -> Client:
    return client_of(author)


def page_of(question: Question, page: str = "change/") -> str:
    return f"{LIST}{question.pk}/{page}"


def typed_in(client: Client, url: str) -> QueryDict:
    """The form of a page as it comes, ready to be altered and sent."""
    data: QueryDict = client.get(url).context["typed"].head.data.copy()
    return data


def send(client: Client, url: str, data: QueryDict, **also: str) -> Any:
    fields = {name: data.getlist(name) for name in data} | also
    return client.post(url, fields)


def publish(client: Client, url: str, data: QueryDict) -> Any:
    return send(client, url, data, do="publish")


def log() -> list[str]:
    return list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))


# ---- Who may -----------------------------------------------------------------------------------


def pages(question: Question) -> list[str]:
    return [
        *(LIST, ADD, f"{LIST}check/", page_of(question), page_of(question, "versions/1/")),
        *(page_of(question, "delete/"), page_of(question, "history/")),
    ]


def deeds(question: Question) -> list[str]:
    return [
        *(ADD, f"{ADD}preview/", page_of(question), page_of(question, "preview/")),
        *(page_of(question, "use/"), page_of(question, "delete/")),
    ]


@pytest.mark.parametrize("who", ["candidate", "stranger"])
def test_candidates_are_refused(
    who: str, question: Question, request: pytest.FixtureRequest
) -> None:
    client = client_of(request.getfixturevalue(who))
    for url in pages(question):
        assert client.get(url, follow=True).status_code == 403, url
    for url in deeds(question):
        assert client.post(url, {"do": "publish"}, follow=True).status_code == 403, url


def test_visitors_are_sent_to_sign_in(client: Client, question: Question) -> None:
    for url in pages(question):
        assert client.get(url, follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_staff_without_rights_may_nothing(question: Question) -> None:
    client = client_of(StaffFactory.create())
    assert {client.get(url).status_code for url in pages(question)} == {403}
    assert {client.post(url, {"do": "publish"}).status_code for url in deeds(question)} == {403}
    assert (question.versions.count(), log()) == (1, [])


def test_authors_may_all_but_delete(web: Client, question: Question) -> None:
    refused = [url for url in pages(question) if web.get(url).status_code != 200]
    assert refused == [page_of(question, "delete/")]


def test_those_who_may_only_look_see_the_published_version(question: Question) -> None:
    staff = StaffFactory.create()
    author = AuthorFactory.create()
    looks = author.groups.get().permissions.filter(codename="view_question")
    staff.user_permissions.add(*looks)
    client = client_of(staff)
    response = client.get(page_of(question), follow=True)
    assert response.redirect_chain[-1][0] == page_of(question, "versions/1/")
    assert "Start an edit" not in response.content.decode()
    assert client.post(page_of(question, "use/"), {"retired": "yes"}).status_code == 403


@pytest.mark.parametrize("part", ["change/", "preview/", "use/"])
def test_every_post_needs_its_token(author: User, question: Question, part: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(author)
    assert client.post(page_of(question, part)).status_code == 403


@pytest.mark.parametrize("part", ["preview/", "use/"])
def test_what_changes_something_is_posted(web: Client, question: Question, part: str) -> None:
    assert web.get(page_of(question, part)).status_code == 405


# ---- Editing -----------------------------------------------------------------------------------


def test_a_wrong_key_is_fixed_in_two_requests(web: Client, question: Question) -> None:
    data = typed_in(web, page_of(question))
    del data["options-1-correct"]
    data["options-2-correct"] = "on"
    response = publish(web, page_of(question), data)
    assert response.url == page_of(question)
    published = Question.objects.get(pk=question.pk).published
    assert published
    assert (published.number, published.key, published.source) == (2, ["c"], "admin")


def test_the_new_version_says_who_made_it_and_the_log_what_changed(
    web: Client, author: User, question: Question
) -> None:
    data = typed_in(web, page_of(question))
    data["stem"] = "What about it now?"
    data["difficulty"] = "3"
    publish(web, page_of(question), data)
    assert question.versions.get(number=2).created_by == author
    assert log() == ["Published version 2: difficulty, stem."]
    assert "Published version 2: difficulty, stem." in web.get(page_of(question)).content.decode()


def test_no_change_makes_no_version(web: Client, question: Question) -> None:
    data = typed_in(web, page_of(question))
    data["stem"] = "What about a change?"
    publish(web, page_of(question), data)
    response = publish(web, page_of(question), typed_in(web, page_of(question)))
    assert response.status_code == 302
    assert "Nothing was changed: version 2 stays." in web.get(response.url).content.decode()
    assert (question.versions.count(), len(log())) == (2, 1)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_can_be_edited(web: Client, kind: Kind) -> None:
    exam = make_exam()
    fill(exam, per_task=1, kinds=[kind])
    question = exam.questions.order_by("pk")[0]
    data = typed_in(web, page_of(question))
    data["stem"] = "Which TWO are it?" if kind is Kind.RESPONSE else "What is it?"
    response = send(web, page_of(question), data, row="options:0:down", do="publish")
    moved = response.context["typed"].head.data
    del moved["row"]
    assert publish(web, page_of(question), moved).status_code == 302
    version = question.versions.get(number=2)
    assert [option["id"] for option in version.options][:2] == ["b", "a"]
    assert version.key[:2] == (["b", "a"] if kind is Kind.ORDERING else version.key[:2])


def test_an_open_attempt_keeps_its_version_and_its_key(
    web: Client, candidate: User, exam: Exam, question: Question
) -> None:
    attempt = begin(candidate, exam)
    data = typed_in(web, page_of(question))
    del data["options-1-correct"]
    data["options-2-correct"] = "on"
    publish(web, page_of(question), data)
    response = attempt.responses.get(question=question)
    assert response.version.number == 1
    answer(attempt, response.position, right_places(response))
    assert attempt.responses.get(question=question).answer == ["b"]
    newly_begun = begin(AuthorFactory.create(), exam)
    assert newly_begun.responses.get(question=question).version.number == 2


def test_the_second_of_two_authors_is_told_and_loses_nothing(
    web: Client, question: Question
) -> None:
    other = client_of(AuthorFactory.create(email="second@example.org"))
    mine, theirs = typed_in(web, page_of(question)), typed_in(other, page_of(question))
    mine["stem"] = "What about my stem?"
    theirs["options-0-text"] = "Their option"
    publish(web, page_of(question), mine)
    told = publish(other, page_of(question), theirs)
    text = told.content.decode()
    assert told.status_code == 409
    assert "Version 2 was published while you wrote" in text
    assert "Their option" in text
    assert question.versions.count() == 1 + 1
    theirs["based_on"] = "2"
    assert 'name="based_on" value="2"' in text
    publish(other, page_of(question), theirs)
    assert question.versions.get(number=3).options[0]["text"] == "Their option"


def test_a_version_that_was_forged_is_no_way_around_the_question(
    web: Client, question: Question
) -> None:
    data = typed_in(web, page_of(question))
    data["based_on"] = "99999999999999999999"
    data["stem"] = "What about a forged form?"
    assert publish(web, page_of(question), data).status_code == 409


def test_nothing_typed_is_lost_on_an_error(web: Client, question: Question) -> None:
    data = typed_in(web, page_of(question))
    data["stem"] = "  Which TWO\n  of <these>?  "
    data["options-0-rationale"] = ""
    data["options-3-text"] = "An option & more"
    data["verified"] = "soon"
    data["references"] = "ftp://example.org"
    data["enemies"] = "nobody"
    data["lint-absolute"] = "my reason"
    data.setlist("notes", ["glue"])
    response = publish(web, page_of(question), data)
    assert response.status_code == 422
    typed, text = response.context["typed"], response.content.decode()
    for name in ("stem", "verified", "references", "enemies", "task", "kind"):
        assert typed.head[name].value() == data[name]
    for kept in ("  Which TWO\n  of &lt;these&gt;?  ", "An option &amp; more", "my reason"):
        assert kept in text
    assert typed.head["notes"].value() == ["glue"]
    assert question.versions.count() == 1


def test_a_row_is_added_without_script_and_nothing_is_checked_yet(
    web: Client, question: Question
) -> None:
    data = typed_in(web, page_of(question))
    data["stem"] = ""
    response = send(web, page_of(question), data, row="options:add")
    typed = response.context["typed"]
    assert (response.status_code, response.context["findings"].errors) == (200, ())
    assert [form["id"].value() for form in typed.options] == ["a", "b", "c", "d", "e"]


def test_checking_publishes_nothing(web: Client, question: Question) -> None:
    data = typed_in(web, page_of(question))
    data["stem"] = "What about a check?"
    response = send(web, page_of(question), data, do="check")
    assert "No errors: this may be published." in response.content.decode()
    assert question.versions.count() == 1


def test_an_older_version_starts_a_new_edit(web: Client, question: Question) -> None:
    data = typed_in(web, page_of(question))
    old_stem = data["stem"]
    data["stem"] = "What about the second version?"
    publish(web, page_of(question), data)
    restored = typed_in(web, page_of(question) + "?from=1")
    assert (restored["stem"], restored["based_on"]) == (old_stem, "2")
    publish(web, page_of(question), restored)
    assert question.versions.get(number=3).stem == old_stem


@pytest.mark.parametrize("number", ["7", "x", "-1", "9" * 30])
def test_a_version_that_is_not_there_starts_nothing(
    web: Client, question: Question, number: str
) -> None:
    assert web.get(f"{page_of(question)}?from={number}").status_code == 404


def test_a_question_that_is_not_there_is_not_found(web: Client, exam: Exam) -> None:
    assert web.get(f"{LIST}999999/change/").status_code == 404
    assert web.get(f"{LIST}nonsense/change/").status_code == 404
    assert web.post(f"{LIST}999999/use/").status_code == 404


def test_a_version_shows_what_it_changed_in_the_one_before(web: Client, question: Question) -> None:
    data = typed_in(web, page_of(question))
    data["options-0-text"] = "Text that is new"
    publish(web, page_of(question), data)
    text = " ".join(web.get(page_of(question, "versions/2/")).content.decode().split())
    assert '<del><span class="visually-hidden">[removed:</span> a' in text
    assert '<ins><span class="visually-hidden">[added:</span> that is new' in text
    assert "The first version" in web.get(page_of(question, "versions/1/")).content.decode()


# ---- Adding ------------------------------------------------------------------------------------


def new_question(web: Client, **changes: str) -> QueryDict:
    data = typed_in(web, ADD)
    data["slug"] = "fresh-question"
    data["task"], data["difficulty"], data["verified"] = "1.1", "2", "2026-11-23"
    data["stem"], data["note"] = "What is fresh?", "glue"
    data["references"] = "https://docs.example.org/fresh"
    for index, letter in enumerate("abcd"):
        data[f"options-{index}-text"] = f"Fresh {letter}"
        data[f"options-{index}-rationale"] = f"Because of {letter}"
    data["options-1-correct"] = "on"
    for name, value in changes.items():
        data[name] = value
    return data


def test_an_author_adds_a_question(web: Client, exam: Exam) -> None:
    assert publish(web, ADD, new_question(web)).status_code == 302
    question = Question.objects.get(slug="fresh-question")
    assert question.published
    assert (question.exam, question.published.key) == (exam, ["b"])
    assert question.published.options[3]["html"] == "Fresh d"
    assert log() == ["Published version 1."]


def test_a_new_question_with_errors_is_not_there_at_all(web: Client, exam: Exam) -> None:
    response = publish(web, ADD, new_question(web, stem=""))
    assert response.status_code == 422
    assert "Fresh a" in response.content.decode()
    assert not Question.objects.filter(slug="fresh-question").exists()


def test_with_several_exams_the_author_chooses_one(web: Client, exam: Exam) -> None:
    make_exam(slug="other")
    text = web.get(ADD).content.decode()
    assert f"?exam={exam.slug}" in text
    assert web.get(f"{ADD}?exam=other").context["typed"].exam.slug == "other"
    assert web.post(f"{ADD}preview/").status_code == 404


def test_an_error_is_tied_to_its_control_for_those_who_hear_the_page(
    web: Client, question: Question
) -> None:
    data = typed_in(web, page_of(question))
    data["slug"], data["references"], data["options-1-text"] = "", "", ""
    page = publish(web, page_of(question), data).content.decode()
    references = re.search(r"<textarea[^>]*id=.id_references.[^>]*>", page)
    assert references
    assert 'aria-invalid="true"' in references[0]
    assert 'aria-describedby="id_references_helptext id_references_error"' in references[0]
    assert re.search(r'<ul class="errorlist" id="id_references_error"><li>Is missing', page)
    assert re.search(r'<ul class="errorlist" id="id_options-1-text_error"><li>Is empty', page)
    assert page.count("aria-invalid") == 2


# ---- Preview -----------------------------------------------------------------------------------

POISON = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> [link](javascript:alert(1)) "
    '<a href="https://example.org" onclick="alert(1)" hx-get="/x">y</a> <svg onload=alert(1)>'
)


@pytest.mark.parametrize("kind", Kind)
def test_the_preview_shows_the_question_and_its_key(web: Client, kind: Kind) -> None:
    exam = make_exam()
    fill(exam, per_task=1, kinds=[kind])
    question = exam.questions.order_by("pk")[0]
    data = typed_in(web, page_of(question))
    data["stem"] = "What is *this*?"
    text = send(web, page_of(question, "preview/"), data).content.decode()
    assert "<!doctype html>" in text
    assert "What is <em>this</em>?" in text
    assert "Because canary" not in text  # rationales come as typed, not as stored
    assert "<p>canary</p>" in text
    assert question.versions.count() == 1


def test_the_preview_comes_as_a_fragment_to_htmx(web: Client, question: Question) -> None:
    data = typed_in(web, page_of(question))
    fields = {name: data.getlist(name) for name in data}
    text = web.post(page_of(question, "preview/"), fields, headers={"HX-Request": "true"})
    assert text.content.decode().startswith('<section class="preview')


def test_a_new_question_can_be_previewed(web: Client, exam: Exam) -> None:
    text = send(web, f"{ADD}preview/?exam={exam.slug}", new_question(web)).content.decode()
    assert "Fresh c" in text


def test_poison_is_inert_wherever_it_is_shown(web: Client, question: Question) -> None:
    data = typed_in(web, page_of(question))
    for name in ("stem", "options-0-text", "options-0-rationale", "lint-absolute"):
        data[name] = POISON
    shown = send(web, page_of(question, "preview/"), data).content.decode()
    again = publish(web, page_of(question), data)
    for text in (shown, again.content.decode()):
        for bad in ("<script>alert", "<img src=x", "<svg", 'href="javascript', 'hx-get="/x"'):
            assert bad not in text
    assert again.status_code == 422


# ---- Taking out of use -------------------------------------------------------------------------


def test_a_question_is_retired_and_brought_back(web: Client, question: Question) -> None:
    web.post(page_of(question, "use/"), {"retired": "yes"})
    assert Question.objects.get(pk=question.pk).retired_at
    web.post(page_of(question, "use/"), {"retired": "no"})
    assert Question.objects.get(pk=question.pk).retired_at is None
    assert log() == ["Retired.", "Brought back."]


def test_retiring_twice_is_logged_once(web: Client, question: Question) -> None:
    for _ in range(2):
        web.post(page_of(question, "use/"), {"retired": "yes"})
    assert log() == ["Retired."]


def test_several_are_retired_from_the_list(web: Client, exam: Exam) -> None:
    rows = list(exam.questions.values_list("pk", flat=True)[:3])
    web.post(LIST, {"action": "retire", "_selected_action": rows})
    assert exam.questions.filter(retired_at__isnull=False).count() == 3
    web.post(LIST, {"action": "bring_back", "_selected_action": rows})
    assert exam.questions.filter(retired_at=None).count() == 12


def test_a_question_in_use_cannot_be_deleted_and_the_page_says_so(
    operator: User, candidate: User, exam: Exam, question: Question
) -> None:
    begin(candidate, exam)
    client = client_of(operator)
    text = client.get(page_of(question, "delete/")).content.decode()
    assert "asked it 1 time" in text
    assert "Retire it instead" in text
    client.post(page_of(question, "delete/"))
    assert Question.objects.filter(pk=question.pk).exists()
    assert Attempt.objects.count() == 1


def test_an_unused_question_is_deleted_by_who_may(operator: User, question: Question) -> None:
    client_of(operator).post(page_of(question, "delete/"))
    assert not Question.objects.filter(pk=question.pk).exists()


def test_the_list_offers_no_deletion_of_many(operator: User, exam: Exam) -> None:
    text = client_of(operator).get(LIST).content.decode()
    assert "retire" in text
    assert "delete_selected" not in text


# ---- The list ----------------------------------------------------------------------------------


def slugs_found(client: Client, query: str) -> set[str]:
    return {row.slug for row in client.get(LIST + query).context["cl"].result_list}


def test_the_list_finds_by_name_stem_and_option(web: Client, exam: Exam) -> None:
    publish(web, ADD, new_question(web))
    for words in ("fresh-q", "is fresh?", "Fresh d"):
        assert slugs_found(web, f"?q={words}") == {"fresh-question"}
    assert slugs_found(web, "?q=html") == set()


def test_the_list_is_narrowed_by_every_filter(web: Client, exam: Exam) -> None:
    publish(web, ADD, new_question(web))
    other = make_exam(slug="other")
    retired = Question.objects.create(exam=other, slug="draft")
    web.post(page_of(exam.questions.order_by("pk")[0], "use/"), {"retired": "yes"})
    task = exam.domains.get(code="1").tasks.get(code="1.1")
    assert slugs_found(web, "?state=draft") == {retired.slug}
    assert len(slugs_found(web, "?state=retired")) == 1
    assert len(slugs_found(web, "?state=published")) == 12
    assert len(slugs_found(web, f"?task={task.pk}")) == 2
    assert len(slugs_found(web, f"?domain={task.domain_id}")) == 4
    assert len(slugs_found(web, "?exam=mla-c01")) == 13
    assert len(slugs_found(web, f"?note={make_section(exam).pk}")) == 13
    assert len(slugs_found(web, "?published__kind__exact=ordering")) == 0
    assert len(slugs_found(web, "?task=nonsense")) == 14


def test_the_list_is_narrowed_to_what_lint_warns_of(web: Client, exam: Exam) -> None:
    stem = "What is always fresh?"
    absolute = new_question(web, stem=stem)
    absolute["options-0-text"] = "It is always so"
    publish(web, ADD, absolute)
    assert slugs_found(web, "?check=found") == {"fresh-question"}
    assert len(slugs_found(web, "?check=clean")) == 12


def test_the_list_counts_uses(web: Client, candidate: User, exam: Exam) -> None:
    begin(candidate, exam)
    assert {row.use_count for row in web.get(LIST).context["cl"].result_list} == {1}


def test_one_question_is_downloaded_as_its_content_file(web: Client, question: Question) -> None:
    response = web.post(LIST, {"action": "export_files", "_selected_action": [question.pk]})
    text = b"".join(response).decode()
    assert f'filename="{question.slug}.yaml"' in response["Content-Disposition"]
    content, problems = parse(QuestionContent, text, file="")
    assert content
    assert not problems
    assert question.published
    assert content.stem == question.published.stem


def test_several_are_downloaded_as_a_folder(web: Client, exam: Exam) -> None:
    rows = list(exam.questions.values_list("pk", flat=True))
    response = web.post(LIST, {"action": "export_files", "_selected_action": rows})
    packed = zipfile.ZipFile(io.BytesIO(b"".join(response)))
    expected = {
        f"questions/glue/{slug}.yaml" for slug in exam.questions.values_list("slug", flat=True)
    }
    assert set(packed.namelist()) == expected


# ---- The check ---------------------------------------------------------------------------------


def test_the_check_lists_problems_with_links_to_their_questions(web: Client, exam: Exam) -> None:
    data = new_question(web)
    data["options-0-text"] = "It is always so"
    publish(web, ADD, data)
    question = Question.objects.get(slug="fresh-question")
    text = web.get(f"{LIST}check/?exam={exam.slug}").content.decode()
    assert page_of(question) in text
    assert "gives away which options are wrong" in text
    assert "of the 4 questions of a form" in text


def test_the_check_gives_advice_that_counts_as_no_warning(web: Client, exam: Exam) -> None:
    data = new_question(web)
    data["options-0-text"] = "Read each one, because it is there"
    data["options-1-text"] = "Copy what is there to a table"
    data["options-2-text"] = "Send every one, because it is there"
    data["options-3-text"] = "Send every other one"
    publish(web, ADD, data)
    text = web.get(f"{LIST}check/").content.decode()
    assert "Advice on 1 question, which needs no answer." in text
    assert "&#x27;because&#x27; stands only in distractors" in text
    assert '<span class="badge">advice</span> options-alone' in text
    listed = web.get(f"{LIST}?check=found").content.decode()
    assert "fresh-question" not in listed


def test_the_check_of_selected_questions_leaves_out_the_rest(web: Client, exam: Exam) -> None:
    data = new_question(web)
    data["options-0-text"] = "It is always so"
    publish(web, ADD, data)
    others = list(exam.questions.exclude(slug="fresh-question").values_list("pk", flat=True))
    response = web.post(LIST, {"action": "check_selected", "_selected_action": others})
    assert "0 errors, 0 warnings." in response.content.decode()


def test_a_version_that_newer_rules_refuse_is_reported_not_fatal(
    web: Client, question: Question
) -> None:
    section = make_section(question.exam)
    question.published.versionnote_set.filter(section=section).delete()  # type: ignore[union-attr]
    text = web.get(f"{LIST}check/").content.decode()
    assert "is an empty list" in text
    assert web.get(page_of(question)).status_code == 200


# ---- Query budgets -----------------------------------------------------------------------------


@pytest.mark.parametrize("per_task", [1, 4])
@pytest.mark.parametrize(
    ("part", "queries"), [("", 11), ("?q=text", 11), ("?check=found", 21), ("check/", 14)]
)
def test_lists_take_as_many_queries_for_many_questions_as_for_few(
    web: Client,
    part: str,
    queries: int,
    per_task: int,
    django_assert_num_queries: Budget,
) -> None:
    fill(make_exam(), per_task=per_task)
    web.get(LIST)
    with django_assert_num_queries(queries):
        assert web.get(LIST + part).status_code == 200


@pytest.mark.parametrize("versions", [1, 5])
@pytest.mark.parametrize(("part", "queries"), [("change/", 16), ("versions/1/", 13)])
def test_a_question_takes_as_many_queries_with_many_versions_as_with_one(
    web: Client,
    question: Question,
    part: str,
    queries: int,
    versions: int,
    django_assert_num_queries: Budget,
) -> None:
    for number in range(2, versions + 1):
        data = typed_in(web, page_of(question))
        data["stem"] = f"What about version {number}?"
        publish(web, page_of(question), data)
    web.get(page_of(question))
    with django_assert_num_queries(queries):
        assert web.get(page_of(question, part)).status_code == 200


# ---- Notes, images, exams ----------------------------------------------------------------------


def note_page(section: NoteSection, page: str = "change/") -> str:
    return f"/admin/questions/notesection/{section.pk}/{page}"


def note_fields(client: Client, section: NoteSection, **changes: Any) -> dict[str, Any]:
    form = client.get(note_page(section)).context["adminform"].form
    names = ("position", "title", "body", "status", "was")
    fields = {name: form[name].value() for name in names}
    return fields | {"references": "", "tasks": []} | changes


def test_an_edited_note_is_rendered_and_cleaned(web: Client, exam: Exam) -> None:
    section = make_section(exam)
    task = exam.domains.get(code="2").tasks.get(code="2.1")
    body = "It is **new** <script>alert(1)</script>\r\n\r\n| a |\r\n|---|\r\n| b |"
    references = "https://docs.example.org/a\nhttps://docs.example.org/b"
    fields = note_fields(web, section, body=body, tasks=[task.pk], references=references)
    assert web.post(note_page(section), fields).status_code == 302
    section = NoteSection.objects.get(pk=section.pk)
    assert "<strong>new</strong>" in section.html
    assert "<table>" in section.html
    assert "<script" not in section.html
    assert (list(section.tasks.all()), len(section.references)) == ([task], 2)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("references", "ftp://example.org", "is not the address of a page"),
        ("body", "<" * 2000, "at most 1,000 are allowed"),
        ("body", "a\x07b", "invisible character"),
        ("title", "x" * 201, "at most 200 characters"),
    ],
)
def test_a_note_is_refused_by_the_rules_of_its_file(
    web: Client, exam: Exam, field: str, value: str, message: str
) -> None:
    section = make_section(exam)
    response = web.post(note_page(section), note_fields(web, section, **{field: value}))
    assert message in response.content.decode()
    assert NoteSection.objects.get(pk=section.pk).body == section.body


def test_the_second_author_of_a_note_is_told_and_can_then_save(web: Client, exam: Exam) -> None:
    section = make_section(exam)
    mine, theirs = (note_fields(web, section, body=text) for text in ("Mine", "Theirs"))
    web.post(note_page(section), mine)
    told = web.post(note_page(section), theirs)
    assert "Somebody changed this section while you wrote" in told.content.decode()
    again = theirs | {"was": told.context["adminform"].form["was"].value()}
    web.post(note_page(section), again)
    assert NoteSection.objects.get(pk=section.pk).body == "Theirs"


def test_an_operator_adds_a_section_with_its_tasks(operator: User, exam: Exam) -> None:
    task = exam.domains.get(code="1").tasks.get(code="1.1")
    fields = {"exam": exam.pk, "anchor": "new", "position": "9", "title": "New", "body": "*So*"}
    client = client_of(operator)
    url = "/admin/questions/notesection/add/"
    assert client.post(url, fields | {"tasks": [task.pk]}).status_code == 302
    section = exam.note_sections.get(anchor="new")
    assert (section.html, list(section.tasks.all())) == ("<p><em>So</em></p>", [task])


def test_a_section_takes_no_task_of_another_exam(operator: User, exam: Exam) -> None:
    task = make_exam(slug="other").domains.get(code="1").tasks.get(code="1.1")
    fields = {"exam": exam.pk, "anchor": "new", "position": "9", "title": "New", "body": "So"}
    url = "/admin/questions/notesection/add/"
    response = client_of(operator).post(url, fields | {"tasks": [task.pk]})
    assert "One of these tasks is of another exam." in response.content.decode()


def test_a_removed_section_is_only_read(web: Client, exam: Exam) -> None:
    section = make_section(exam)
    NoteSection.objects.filter(pk=section.pk).update(removed_at="2026-11-23T12:00Z")
    assert web.get(note_page(section)).status_code == 200
    assert web.post(note_page(section), {"body": "x"}).status_code == 403


def test_a_note_is_previewed_without_being_saved(web: Client, exam: Exam) -> None:
    section = make_section(exam)
    fields = {"title": "T", "body": "It is *so* <script>alert(1)</script>"}
    text = web.post(note_page(section, "preview/"), fields).content.decode()
    assert "It is <em>so</em>" in text
    assert "<script>alert" not in text
    assert NoteSection.objects.get(pk=section.pk).body == section.body


def test_a_note_too_long_to_show_is_previewed_as_such(web: Client, exam: Exam) -> None:
    fields = {"body": "<" * 2000}
    text = web.post(note_page(make_section(exam), "preview/"), fields).content.decode()
    assert "at most 1,000 are allowed" in text


def picture(name: str = "p.png") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (12, 7)).save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue())


def test_an_uploaded_picture_is_encoded_anew_and_shows_in_its_notes(
    web: Client, exam: Exam, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    section = make_section(exam)
    web.post(note_page(section), note_fields(web, section, body="![A plan](plan.png)"))
    fields = {"exam": exam.pk, "name": "plan.png", "upload": picture()}
    assert web.post("/admin/questions/noteimage/add/", fields).status_code == 302
    image = NoteImage.objects.get()
    assert (image.width, image.height) == (12, 7)
    assert image.file.url.endswith(".webp")
    assert image.file.url in NoteSection.objects.get(pk=section.pk).html
    page = web.get(f"/admin/questions/noteimage/{image.pk}/change/").content.decode()
    assert image.file.url in page


def test_a_file_that_is_no_picture_is_refused(web: Client, exam: Exam) -> None:
    upload = SimpleUploadedFile("p.png", b"<svg onload=alert(1)>")
    fields = {"exam": exam.pk, "name": "plan.png", "upload": upload}
    response = web.post("/admin/questions/noteimage/add/", fields)
    assert "cannot be read as" in response.content.decode()
    assert not NoteImage.objects.exists()


def exam_fields(exam: Exam, weights: dict[str, int], **changes: Any) -> dict[str, Any]:
    names = ("code", "title", "items", "scored_items", "minutes", "scale_min", "scale_max")
    fields: dict[str, Any] = {name: getattr(exam, name) for name in names}
    fields |= {"pass_mark": exam.pass_mark, "kinds": exam.kinds, "notice": ""}
    domains = list(Domain.objects.filter(exam=exam))
    fields |= {"domains-TOTAL_FORMS": len(domains), "domains-INITIAL_FORMS": len(domains)}
    for index, domain in enumerate(domains):
        row = {"id": domain.pk, "exam": exam.pk, "code": domain.code, "title": domain.title}
        row["weight"] = weights.get(domain.code, domain.weight)
        fields |= {f"domains-{index}-{name}": value for name, value in row.items()}
    return fields | changes


@pytest.mark.parametrize(
    ("weights", "changes", "message"),
    [
        ({"1": 29}, {}, "The weights add up to 101, not 100."),
        ({}, {"scored_items": 66}, "must be between 1 and items"),
        ({}, {"pass_mark": 1}, "must lie above scale_min"),
        ({}, {"kinds": []}, "This field is required."),
    ],
)
def test_figures_of_an_exam_that_contradict_each_other_are_refused(
    operator: User, weights: dict[str, int], changes: dict[str, Any], message: str
) -> None:
    exam = make_exam()
    page = f"/admin/questions/exam/{exam.pk}/change/"
    response = client_of(operator).post(page, exam_fields(exam, weights, **changes))
    assert message in response.content.decode()


def test_an_operator_changes_weights_that_make_a_whole(operator: User) -> None:
    exam = make_exam()
    page = f"/admin/questions/exam/{exam.pk}/change/"
    client_of(operator).post(page, exam_fields(exam, {"1": 29, "2": 25}))
    assert [d.weight for d in exam.domains.all()] == [29, 25, 22, 24]


def test_an_operator_adds_an_exam_and_then_its_tasks(operator: User) -> None:
    fields = exam_fields(make_exam(), {}) | {"slug": "new", "domains-INITIAL_FORMS": 0}
    for index in range(4):
        fields[f"domains-{index}-id"] = ""
        fields[f"domains-{index}-exam"] = ""
    client = client_of(operator)
    assert client.post("/admin/questions/exam/add/", fields).status_code == 302
    domain = Domain.objects.get(exam__slug="new", code="1")
    task = {"tasks-0-code": "1.1", "tasks-0-title": "First", "tasks-0-domain": domain.pk}
    counts = {"tasks-TOTAL_FORMS": 1, "tasks-INITIAL_FORMS": 0}
    kept = {"code": "1", "title": "Part", "weight": 99}
    client.post(f"/admin/questions/domain/{domain.pk}/change/", task | counts | kept)
    assert domain.tasks.get().title == "First"
    assert Domain.objects.get(pk=domain.pk).weight == 28


def tasks_page(exam: Exam, domain: str, codes: list[str]) -> tuple[str, dict[str, Any]]:
    """The page of a domain, and what is posted there to add tasks of these ``codes``."""
    row = exam.domains.get(code=domain)
    counts = {"tasks-TOTAL_FORMS": len(codes), "tasks-INITIAL_FORMS": 0}
    rows = {
        f"tasks-{index}-{name}": value
        for index, code in enumerate(codes)
        for name, value in {"code": code, "title": "New", "domain": row.pk}.items()
    }
    kept = {"code": row.code, "title": row.title, "weight": row.weight}
    return f"/admin/questions/domain/{row.pk}/change/", counts | rows | kept


def test_a_task_code_of_another_domain_is_refused_beside_its_row(operator: User) -> None:
    exam = make_exam()
    make_exam(slug="other")
    page, fields = tasks_page(exam, "2", ["2.4", "1.1"])
    refused = client_of(operator).post(page, fields)
    assert refused.status_code == 200
    first, second = refused.context["inline_admin_formsets"][0].formset.forms[:2]
    assert second.errors["code"] == ["Domain 1 has a task 1.1 already."]
    assert not first.errors
    assert exam.domains.get(code="2").tasks.count() == 3
    page, fields = tasks_page(exam, "2", ["2.4", "1.4"])
    assert client_of(operator).post(page, fields).status_code == 302


def test_where_two_tasks_have_one_code_an_author_is_told_which(
    web: Client, question: Question
) -> None:
    """Banks from before the database refused it may hold such tasks."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers
        third = question.exam.domains.get(code="3")
        Task.objects.create(domain=third, code="1.1", title="Twin")
        cursor.execute("SET LOCAL session_replication_role = origin")
    data = typed_in(web, page_of(question))
    data["stem"] = "Is it clear now?"
    told = publish(web, page_of(question), data)
    assert told.status_code == 422
    assert "is the code of a task of domain 1 and domain 3" in told.content.decode()


def test_authors_read_exams_and_change_none(web: Client, exam: Exam) -> None:
    page = f"/admin/questions/exam/{exam.pk}/change/"
    assert web.get(page).status_code == 200
    assert web.post(page, exam_fields(exam, {})).status_code == 403


def test_a_section_is_stored_as_its_file_would_have_it(web: Client, exam: Exam) -> None:
    section = make_section(exam)
    web.post(note_page(section), note_fields(web, section, body="\r\nText \r\n\r\n"))
    row = NoteSection.objects.get(pk=section.pk)
    text = files.dump_section(
        files.Section(row.anchor, row.title, row.body, files.SectionFront(), row.position)
    )
    assert text.endswith("# Glue\n\nText\n")
