from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from questions import authoring, bank, export
from questions import content as files
from questions.authoring import Preview, Sheet
from questions.content import InvalidContent, QuestionContent
from questions.differences import Piece, differences
from questions.kinds import Kind
from questions.models import Exam, Question, QuestionVersion
from tests.authored import (
    content,
    exam_with_skills,
    question_content,
    question_with_all_fields,
)
from tests.bank import fill, make_exam

Change = Callable[[QueryDict], object]


def exam_with(kind: Kind) -> Exam:
    exam = make_exam()
    fill(exam, per_task=1, kinds=[kind])
    return exam


def version_of(exam: Exam) -> QuestionVersion:
    return QuestionVersion.objects.filter(question__exam=exam).order_by("pk")[0]


def typed_of(exam: Exam) -> QueryDict:
    return authoring.typed(export.written(version_of(exam)), based_on=1)


def sheet_of(data: QueryDict, exam: Exam) -> Sheet:
    return Sheet(exam, data, slug=version_of(exam).question.slug)


def set_to(name: str, value: str) -> Change:
    return lambda data: data.__setitem__(name, value)


def errors_of(sheet: Sheet) -> dict[str, list[str]]:
    """The messages beside each field, by the field's name in the form."""
    beside = {
        form.add_prefix(name): list(messages)
        for form in (sheet.head, *sheet.options, *sheet.prompts)
        for name, messages in form.errors.items()
    }
    rows = {"options": sheet.option_errors, "prompts": sheet.prompt_errors}
    return beside | {name: messages for name, messages in rows.items() if messages}


# ---- The form says what the file says ----------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("kind", Kind)
def test_a_form_left_alone_says_what_the_version_says(kind: Kind) -> None:
    exam = exam_with(kind)
    written = export.written(version_of(exam))
    typed = sheet_of(typed_of(exam), exam).written
    assert QuestionContent.model_validate(typed) == QuestionContent.model_validate(written)


@pytest.mark.django_db
def test_every_optional_field_is_in_the_form_and_stays() -> None:
    whole = replace(content(question_with_all_fields()), exam=exam_with_skills())
    bank.load(whole, now=timezone.now())
    exam = Exam.objects.get()
    sheet = sheet_of(typed_of(exam), exam)
    assert sheet.check() == whole.questions[0].content
    assert sheet.shortcomings == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "references"),
    [
        ("https://x.org/a https://x.org/b", ["https://x.org/a", "https://x.org/b"]),
        ("https://x.org/a\r\n\r\n https://x.org/b ", ["https://x.org/a", "https://x.org/b"]),
        (
            "https://x.org/a  The title: of it ",
            [{"url": "https://x.org/a", "title": "The title: of it"}],
        ),
    ],
)
def test_a_reference_is_a_line_with_an_address_and_perhaps_a_title(
    typed: str, references: list[object]
) -> None:
    exam = exam_with(Kind.CHOICE)
    data = typed_of(exam)
    data["references"] = typed
    assert sheet_of(data, exam).written["references"] == references


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("skills", "mla-c01 1.1.9", "Task 1.1 has no skill 1.1.9."),
        ("skills", "mla-c01", "Is an empty list."),
        ("passages", "athena Some words", "Is not among the notes of this question."),
        ("passages", "glue", "Is empty."),
        ("options-0-tempts", "x" * 61, "Has 61 characters; at most 60 are allowed."),
        (
            "references",
            "ftp://x.org A title",
            "'ftp://x.org' is not the address of a page (https://…).",
        ),
    ],
)
def test_what_is_wrong_in_an_optional_field_is_told_beside_it(
    name: str, value: str, message: str
) -> None:
    exam = exam_with(Kind.CHOICE)
    data = typed_of(exam)
    data[name] = value
    sheet = sheet_of(data, exam)
    assert sheet.check() is None
    assert errors_of(sheet) == {name: [message]}


@pytest.mark.django_db
def test_note_sections_keep_the_order_of_their_author() -> None:
    exam = exam_with(Kind.CHOICE)
    for position, anchor in enumerate(("zeppelin", "athena", "mlflow"), start=2):
        exam.note_sections.create(anchor=anchor, title=anchor.title(), position=position)
    data = typed_of(exam)
    data.setlist("notes", ["zeppelin", "athena"])
    sheet = sheet_of(data, exam)
    assert sheet.written["notes"] == ["glue", "zeppelin", "athena"]
    shown = [value for value, _ in sheet.head.fields["notes"].choices]  # type: ignore[attr-defined]
    assert shown == ["zeppelin", "athena", "glue", "mlflow"]


@pytest.mark.django_db
def test_line_ends_of_browsers_make_no_difference() -> None:
    exam = exam_with(Kind.CHOICE)
    data = typed_of(exam)
    data["stem"] = "A first sentence.\r\nWhat about it?"
    assert sheet_of(data, exam).written["stem"] == "A first sentence.\nWhat about it?"


@pytest.mark.django_db
def test_empty_rows_are_no_part_of_the_question() -> None:
    exam = exam_with(Kind.CHOICE)
    data = authoring.with_row_changed(typed_of(exam), "options:add")
    sheet = sheet_of(data, exam)
    assert [row["id"] for row in sheet.written["options"]] == ["a", "b", "c", "d"]
    assert sheet.check() is not None


@pytest.mark.django_db
def test_a_kind_leaves_out_what_it_does_not_use_but_the_form_keeps_it() -> None:
    exam = exam_with(Kind.MATCHING)
    data = typed_of(exam)
    data["kind"] = "ordering"
    data["options-0-correct"] = "on"
    sheet = sheet_of(data, exam)
    assert "prompts" not in sheet.written
    assert not any(row["correct"] for row in sheet.written["options"])
    assert sheet.prompts.forms[0]["text"].value() == "Prompt 1"
    assert sheet.options.forms[0]["correct"].value()


# ---- Rows --------------------------------------------------------------------------------------


def texts(data: QueryDict) -> list[str]:
    count = int(str(data["options-TOTAL_FORMS"]))
    return [str(data.get(f"options-{index}-text", "")) for index in range(count)]


def rows_of(*letters: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data["options-TOTAL_FORMS"] = str(len(letters))
    for index, letter in enumerate(letters):
        data[f"options-{index}-id"] = letter
        data[f"options-{index}-text"] = letter
    return data


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("options:1:up", ["b", "a", "c"]),
        ("options:1:down", ["a", "c", "b"]),
        ("options:0:up", ["a", "b", "c"]),
        ("options:2:down", ["a", "b", "c"]),
        ("options:1:remove", ["a", "c"]),
        ("options:add", ["a", "b", "c", ""]),
        ("options:9:remove", ["a", "b", "c"]),
        ("options:x:up", ["a", "b", "c"]),
        ("nothing:0:up", ["a", "b", "c"]),
        ("", ["a", "b", "c"]),
    ],
)
def test_rows_move_come_and_go_without_script(change: str, expected: list[str]) -> None:
    assert texts(authoring.with_row_changed(rows_of("a", "b", "c"), change)) == expected


def test_an_option_keeps_its_letter_when_it_is_moved() -> None:
    data = authoring.with_row_changed(rows_of("a", "b"), "options:1:up")
    assert (data["options-0-id"], data["options-1-id"]) == ("b", "a")


def test_a_new_option_gets_the_first_free_letter() -> None:
    data = authoring.with_row_changed(rows_of("a", "c"), "options:add")
    assert data["options-2-id"] == "b"


def test_rows_do_not_grow_without_end() -> None:
    data = rows_of("a")
    for _ in range(authoring.ROWS_LIMIT + 5):
        data = authoring.with_row_changed(data, "options:add")
    assert data["options-TOTAL_FORMS"] == str(authoring.ROWS_LIMIT)


def test_a_new_question_starts_with_empty_rows() -> None:
    assert set(texts(authoring.blank())) == {""}


# ---- Problems stand beside their fields --------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value", "place", "message"),
    [
        ("stem", "", "stem", "Is missing."),
        ("stem", "Which TWO are right?", "stem", "Asks for TWO, but choice has one right option."),
        ("kind", "riddle", "kind", "'riddle' is unknown; it must be choice, response, ordering"),
        ("task", "9.9", "task", "The exam has no task 9.9."),
        ("difficulty", "9", "difficulty", "Must be 1 (recall), 2 (apply) or 3 (analyse)."),
        ("verified", "yesterday", "verified", "Must be a date such as 2026-11-23"),
        ("note", "", "note", "Is missing."),
        ("references", "http://example.org", "references", "is not the address of a page"),
        ("enemies", "nobody", "enemies", "There is no question nobody."),
        ("options-0-rationale", " ", "options-0-rationale", "Is empty."),
        ("options-0-text", "All of the above", "options-0-text", "is no option"),
        ("options-0-text", "Text b", "options-1-text", "Says the same as Option a, text."),
        ("options-0-correct", "on", "options", "Choice takes exactly one correct option, not 2."),
        ("options-0-text", "a\x07b", "options-0-text", "Contains the invisible character U+0007"),
    ],
)
def test_a_problem_stands_beside_its_field(
    field: str, value: str, place: str, message: str
) -> None:
    exam = exam_with(Kind.CHOICE)
    data = typed_of(exam)
    data[field] = value
    sheet = sheet_of(data, exam)
    assert sheet.check() is None
    assert list(errors_of(sheet)) == [place]
    assert message in errors_of(sheet)[place][0]
    assert sheet.shortcomings[0].target


@pytest.mark.django_db
def test_a_prompt_without_its_option_is_told_so_beside_it() -> None:
    exam = exam_with(Kind.MATCHING)
    data = typed_of(exam)
    data["prompts-1-match"] = "z"
    sheet = sheet_of(data, exam)
    assert sheet.check() is None
    assert errors_of(sheet) == {"prompts-1-match": ["There is no option 'z'."]}
    assert sheet.shortcomings[0].target == "id_prompts-1-match"


@pytest.mark.django_db
def test_all_problems_come_at_once_whichever_rule_finds_them() -> None:
    exam = exam_with(Kind.CHOICE)
    data = typed_of(exam)
    data["stem"] = "Which TWO are right?"
    data["references"] = ""
    data["options-2-rationale"] = ""
    data["options-3-text"] = "None of the above"
    sheet = sheet_of(data, exam)
    sheet.check()
    expected = {"references", "options-2-rationale", "stem", "options-3-text"}
    assert set(errors_of(sheet)) == expected


@pytest.mark.django_db
def test_an_empty_form_lists_what_is_missing_and_keeps_standing() -> None:
    exam = make_exam()
    sheet = Sheet(exam, QueryDict("options-TOTAL_FORMS=x&kind="))
    assert sheet.check() is None
    missing = {shortcoming.place for shortcoming in sheet.shortcomings}
    assert {"Name", "Kind", "Stem", "Options", "References"} <= missing


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "message"),
    [("Bad Name", "is no name"), ("", "is no name"), ("question-x", "Is the name of another")],
)
def test_a_new_question_needs_a_name_of_its_own(slug: str, message: str) -> None:
    exam = make_exam()
    Question.objects.create(exam=exam, slug="question-x")
    data = authoring.blank()
    data["slug"] = slug
    sheet = Sheet(exam, data)
    sheet.check()
    assert message in sheet.head.errors["slug"][0]


@pytest.mark.django_db
def test_the_stem_of_another_question_is_refused() -> None:
    exam = exam_with(Kind.CHOICE)
    other = QuestionVersion.objects.order_by("pk")[1]
    data = typed_of(exam)
    data["stem"] = other.stem
    sheet = sheet_of(data, exam)
    assert sheet.check() is None
    assert sheet.head.errors["stem"] == [f"Is the stem of {other.question.slug} too."]


# ---- Warnings ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_warning_forbids_nothing_and_offers_to_be_answered() -> None:
    exam = exam_with(Kind.CHOICE)
    data = typed_of(exam)
    data["options-0-text"] = "Text that is always so"
    sheet = sheet_of(data, exam)
    assert sheet.check() is not None
    assert sheet.open_warnings == 1
    warned = sheet.warned["absolute"]
    assert warned.is_answerable
    assert warned.messages == ['Option a, text "always" gives away which options are wrong.']


@pytest.mark.django_db
def test_an_answered_warning_is_closed_but_still_says_what_it_said() -> None:
    exam = exam_with(Kind.CHOICE)
    data = typed_of(exam)
    data["options-0-text"] = "Text that is always so"
    data["lint-absolute"] = "the documentation says always"
    sheet = sheet_of(data, exam)
    content = sheet.check()
    assert content is not None
    assert content.lint == {"absolute": "the documentation says always"}
    assert sheet.open_warnings == 0
    assert sheet.warned["absolute"].messages


@pytest.mark.django_db
def test_an_answer_to_a_warning_that_is_not_raised_can_be_seen_and_emptied() -> None:
    exam = exam_with(Kind.CHOICE)
    data = typed_of(exam)
    data["lint-absolute"] = "once upon a time"
    sheet = sheet_of(data, exam)
    assert sheet.check() is not None
    assert sheet.warned["absolute"].messages == []


@pytest.mark.django_db
def test_an_error_cannot_be_answered() -> None:
    exam = exam_with(Kind.CHOICE)
    data = typed_of(exam)
    data["lint-format"] = "because"
    sheet = sheet_of(data, exam)
    assert sheet.check() is None
    assert [s.message for s in sheet.shortcomings] == ["cannot be answered"]


# ---- The preview -------------------------------------------------------------------------------


def test_the_preview_shows_an_unfinished_question() -> None:
    preview = Preview.of({})
    assert (preview.stem_html, preview.options, preview.template) == ("", (), "exams/_choice.html")


def test_the_preview_says_which_text_cannot_be_shown() -> None:
    preview = Preview.of({"stem": "<" * 2000})
    assert "cannot be shown: has 2,000 times" in preview.stem_html


def test_the_preview_names_the_right_option_of_every_prompt_by_its_letter() -> None:
    row: dict[str, Any] = {"correct": False, "rationale": ""}
    options = [{"id": "x", "text": "X", **row}, {"id": "y", "text": "Y", **row}]
    prompts = [{"text": "P", "match": "y"}, {"text": "Q", "match": "?"}]
    preview = Preview.of({"kind": "matching", "options": options, "prompts": prompts})
    assert [prompt.right_letter for prompt in preview.prompts] == ["B", "?"]


# ---- Differences -------------------------------------------------------------------------------

OLD: dict[str, Any] = {
    "kind": "choice",
    "stem": "Which one is best?",
    "options": [
        {"id": "a", "correct": True, "text": "One", "rationale": "Yes"},
        {"id": "b", "correct": False, "text": "Two", "rationale": "No"},
    ],
    "verified": date(2026, 1, 1),
}


def test_equal_questions_have_no_differences() -> None:
    assert differences(OLD, OLD) == []


def test_a_changed_key_is_one_difference() -> None:
    options = [{**row, "correct": not row["correct"]} for row in OLD["options"]]
    (difference,) = differences(OLD, {**OLD, "options": options})
    assert difference.label == "Key"
    assert difference.pieces == (Piece("a", "removed"), Piece("b", "added"))


def test_changed_words_are_told_from_those_that_stay() -> None:
    (difference,) = differences(OLD, {**OLD, "stem": "Which one is the best?"})
    assert difference.label == "Stem"
    assert difference.pieces == (
        Piece("Which one is"),
        Piece(" the", "added"),
        Piece(" best?"),
    )


def test_an_option_that_went_is_all_removed() -> None:
    labels = [d.label for d in differences(OLD, {**OLD, "options": OLD["options"][:1]})]
    assert labels == ["Option b", "Rationale of option b"]


def test_optional_fields_have_labels_of_their_own() -> None:
    complete = question_with_all_fields().content.model_dump()
    labels = [d.label for d in differences(question_content().model_dump(), complete)]
    assert labels == [
        "Skills in mla-c01",
        "What option a tempts with",
        "Passage of glue",
        "References",
    ]


@pytest.mark.parametrize(
    ("kind", "key"), [("ordering", "a → b"), ("matching", "1 b"), ("choice", "a")]
)
def test_the_key_reads_as_its_kind_means_it(kind: str, key: str) -> None:
    question = {**OLD, "kind": kind, "prompts": [{"text": "P", "match": "b"}]}
    found = {d.label: d.pieces for d in differences({}, question)}
    assert found["Key"] == (Piece(key, "added"),)


# ---- The bank's writes -------------------------------------------------------------------------


def content_of(exam: Exam, **changes: Any) -> QuestionContent:
    return QuestionContent.model_validate(export.written(version_of(exam)) | changes)


@pytest.mark.django_db
def test_a_version_is_published_only_over_the_one_its_edit_began_with() -> None:
    exam = exam_with(Kind.CHOICE)
    question = version_of(exam).question
    first = content_of(exam, stem="Is this the first edit?")
    bank.publish_version(question, first, by=None, based_on=1)
    second = content_of(exam, stem="Is this the second one?")
    with pytest.raises(bank.NewerVersion) as newer:
        bank.publish_version(question, second, by=None, based_on=1)
    assert newer.value.version.number == 2
    assert question.versions.count() == 2


@pytest.mark.django_db
def test_two_authors_who_make_the_same_edit_agree() -> None:
    exam = exam_with(Kind.CHOICE)
    question = version_of(exam).question
    content = content_of(exam, stem="Is this the same edit?")
    first = bank.publish_version(question, content, by=None, based_on=1)
    assert bank.publish_version(question, content, by=None, based_on=1) == first


@pytest.mark.django_db
def test_a_taken_name_makes_no_question() -> None:
    exam = exam_with(Kind.CHOICE)
    slug = version_of(exam).question.slug
    with pytest.raises(InvalidContent, match="is the name of another question"):
        bank.add_question(exam, slug, content_of(exam, stem="Is it new?"), by=None)
    assert version_of(exam).question.versions.count() == 1


@pytest.mark.django_db
def test_an_edited_note_is_rendered_and_stays_an_edit_of_the_admin() -> None:
    exam = exam_with(Kind.CHOICE)
    section = files.Section("glue", "Glue", "It is *new*.", files.SectionFront(), 1)
    bank.save_section(exam, section)
    row = exam.note_sections.get(anchor="glue")
    assert (row.html, row.loaded_digest) == ("<p>It is <em>new</em>.</p>", "")
