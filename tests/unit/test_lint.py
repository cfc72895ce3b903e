import time
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from questions import lint
from questions.content import Content, OptionContent, PromptContent, Question, read_folder
from questions.kinds import Kind
from tests.authored import (
    FIXTURES,
    TEXTS,
    content,
    exam_content,
    exam_with_skills,
    many_questions,
    options,
    question,
    section,
)

SURROUNDINGS = lint.Surroundings.of(
    content(question("other"), sections=(section("glue"), section("kendra")))
)
ASK = "A shop keeps orders.\n"


def rules_of(**fields: Any) -> dict[str, bool]:
    """The rules that fire for a question with these fields, and whether as errors."""
    found = lint.check_question(question(**fields), SURROUNDINGS)
    return {finding.rule: finding.is_error for finding in found}


def with_texts(*texts: str, right: int = 1) -> tuple[OptionContent, ...]:
    """Four options, of which the first ones say ``texts``."""
    said = (*texts, *TEXTS[len(texts) :])[:4]
    return tuple(
        OptionContent(id="abcd"[n], correct=n == right, text=text, rationale=f"Reason {n}.")
        for n, text in enumerate(said)
    )


PROMPTS = tuple(PromptContent(text=f"Need {match}", match=match) for match in "abc")
UNMARKED = options(size=4)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "response", "options": options(0, 3, size=5), "stem": ASK + "Which TWO fit?"},
        {"kind": "ordering", "options": UNMARKED, "stem": "Put the steps in order."},
        {"kind": "matching", "options": UNMARKED, "prompts": PROMPTS, "stem": "Match each."},
        {"stem": ASK + "Which option costs the LEAST?"},
        {"stem": ASK + "Which design holds at most one copy?"},
        {"stem": ASK + "Which change follows best practice?"},
        {"stem": ASK + "It must **not** lose any.\nWhich design meets these requirements?"},
        {"stem": ASK + "Why?\nNo.\nWhich design fits?".replace("Why?\n", "")},
        {"options": with_texts("Set `always` to `<tag>` in the file `option a`")},
        {"options": with_texts("Plan A has none of the data")},
        {"options": with_texts("10 GB", "20 GB", "30 GB", "40 GB")},
        {"options": with_texts("40", "30", "20", "10")},
        {"options": with_texts("1-10", "11-20", "21-30", "31-40")},
        {"stem": ASK + "`WHERE x = ?` is run.\nWhich design fits?"},
        {"enemies": ("other",)},
    ],
)
def test_a_sound_question_raises_nothing(fields: dict[str, Any]) -> None:
    assert rules_of(**fields) == {}


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"options": options(1, size=3)}, "format"),
        ({"options": options(1, size=5)}, "format"),
        ({"options": options()}, "format"),
        ({"options": options(1, 2)}, "format"),
        ({"kind": "response", "options": options(1, size=5), "stem": "Which TWO?"}, "format"),
        ({"kind": "response", "options": options(1, 2), "stem": "Which TWO?"}, "format"),
        ({"kind": "ordering", "options": options(1)}, "format"),
        ({"kind": "ordering", "options": options(size=2)}, "format"),
        ({"kind": "matching", "options": options(1), "prompts": PROMPTS}, "format"),
        ({"kind": "matching", "options": UNMARKED, "prompts": PROMPTS[:2]}, "prompts"),
        ({"kind": "matching", "options": UNMARKED, "prompts": PROMPTS + PROMPTS[:1]}, "prompts"),
        (
            {
                "kind": "matching",
                "options": UNMARKED,
                "prompts": (*PROMPTS[:2], PromptContent(text="z", match="z")),
            },
            "prompts",
        ),
        ({"prompts": PROMPTS}, "prompts"),
        ({"options": with_texts("Copy **it**.", "copy it")}, "duplicate"),
        ({"options": (options(1)[0], *options(1)[:3])}, "duplicate"),
        ({"stem": "Which TWO designs fit?"}, "select-count"),
        ({"kind": "response", "options": options(1, 2, size=5)}, "select-count"),
        (
            {"kind": "response", "options": options(1, 2, size=5), "stem": "Which THREE fit?"},
            "select-count",
        ),
        ({"options": with_texts("All of the above")}, "all-or-none"),
        ({"options": with_texts("None of these options")}, "all-or-none"),
        ({"options": with_texts("Both A and B")}, "all-or-none"),
        ({"stem": "What is wrong with option B?"}, "letters"),
        ({"options": with_texts("As in answer (c), but faster")}, "letters"),
        ({"options": with_texts("Use <b>bold</b> text")}, "markup"),
        ({"stem": "# Orders\n\nWhich design fits?"}, "markup"),
        ({"stem": "![x](x.png)\nWhich design fits?"}, "markup"),
        ({"stem": "word " * 131 + "?"}, "stem-length"),
        ({"options": with_texts("1-10", "5-20", "21-30", "31-40")}, "overlap"),
        ({"task": "9.9"}, "task"),
        ({"notes": ("nowhere",)}, "notes"),
        ({"enemies": ("nobody",)}, "enemies"),
        ({"enemies": ("orders-move",)}, "enemies"),
        ({"lint": {"no-such-rule": "x"}}, "lint"),
        ({"lint": {"format": "x"}}, "lint"),
    ],
)
def test_an_unusable_question_is_an_error(fields: dict[str, Any], rule: str) -> None:
    assert rules_of(**fields).get(rule) is True


LONG = "Copy the orders to Amazon S3 each night with a job that also checks every one of them"


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"options": with_texts("a b c", LONG)}, "key-length"),
        (
            {"options": with_texts("Copy the orders", "Go", "Send them on", "Keep them")},
            "key-length",
        ),
        ({"stem": ASK + "Which design does NOT fit?"}, "negative"),
        ({"stem": ASK + "Which designs fit, except one?"}, "negative"),
        ({"stem": ASK + "Which design is the least costly?"}, "superlative"),
        ({"stem": ASK + "Which is the best design?"}, "superlative"),
        ({"options": with_texts("Copy it and always keep it")}, "absolute"),
        ({"options": with_texts("Copy it", "Let it usually run")}, "hedge"),
        ({"options": with_texts("Copy it", "Stream it (with retries)")}, "parenthesis"),
        (
            {
                "stem": "A catalogue of vineyards lists harvests.\nWhich design fits?",
                "options": with_texts("Copy it", "Harvests of vineyards in a catalogue"),
            },
            "echo",
        ),
        ({"options": with_texts("Copy it.", "Stream it")}, "punctuation"),
        ({"stem": "A shop keeps orders."}, "stem-question"),
        ({"stem": "Is it slow? Which design fits?"}, "stem-question"),
        (
            {
                "kind": "matching",
                "options": UNMARKED[:3],
                "prompts": PROMPTS,
                "stem": "Match each.",
            },
            "surplus",
        ),
        ({"options": with_texts("10", "30", "20", "40")}, "unordered-numbers"),
    ],
)
def test_a_doubtful_question_is_a_warning_that_can_be_answered(
    fields: dict[str, Any], rule: str
) -> None:
    assert rules_of(**fields) == {rule: False}
    assert rules_of(**fields, lint={rule: "The reason."}) == {}


def test_an_answer_to_nothing_is_itself_reported() -> None:
    assert rules_of(lint={"echo": "Was once needed."}) == {"stale-answer": False}


def test_a_kind_that_the_exam_does_not_ask_is_an_error() -> None:
    exam = exam_content().model_copy(update={"kinds": (Kind.RESPONSE,)})
    found = lint.errors(Content(exam, (section(),), (question(),)))
    assert [finding.rule for finding in found] == ["kind"]


@pytest.mark.parametrize(
    ("also", "problem"),
    [
        ({"nowhere": "1.1"}, "also.nowhere: is no other exam"),
        ({"mla-c01": "1.1"}, "also.mla-c01: is no other exam"),
        ({"twin": "9.9"}, "also.twin: that exam has no task 9.9"),
        ({"choosy": "1.1"}, "also.choosy: choice is not asked in that exam"),
    ],
)
def test_a_task_of_another_exam_must_be_there_for_the_kind(
    also: dict[str, str], problem: str
) -> None:
    own = lint.OtherExam.of(exam_content())
    choosy = lint.OtherExam(frozenset({Kind.RESPONSE}), own.tasks, own.skills)
    others = {"mla-c01": own, "twin": own, "choosy": choosy}
    found = lint.errors(content(question(also=also)), others)
    assert [str(finding) for finding in found] == [f"orders-move: {problem} [error also]"]
    assert lint.errors(content(question(also={"twin": "1.1"})), others) == []


@pytest.mark.parametrize(
    ("skills", "message"),
    [
        ({"mla-c01": ("1.1.1",)}, None),
        ({"twin": ("2.1.2", "2.1.1")}, None),
        ({"mla-c01": ("1.2.1",)}, "skills.mla-c01: task 1.1 has no skill 1.2.1"),
        ({"twin": ("1.1.1",)}, "skills.twin: task 2.1 has no skill 1.1.1"),
        ({"else": ("1.1.1",)}, "skills.else: names an exam of which this question serves no task"),
    ],
)
def test_a_skill_is_one_of_the_task_that_the_question_serves(
    skills: dict[str, tuple[str, ...]], message: str | None
) -> None:
    exam = exam_with_skills()
    one = question(skills=skills, also={"twin": "2.1"})
    folder = replace(content(one), exam=exam)
    others = {"twin": lint.OtherExam.of(exam), "else": lint.OtherExam.of(exam)}
    found = lint.check_question(one, lint.Surroundings.of(folder, others))
    assert [finding.rule for finding in found] == ["skills"] * bool(message)
    assert message is None or message in str(found[0])


def test_a_passage_is_of_a_note_that_the_question_names() -> None:
    one = question(passages={"athena": "All about athena."})
    found = lint.check_question(one, SURROUNDINGS)
    assert [(f.rule, f.field, f.is_error) for f in found] == [("passages", "passages.athena", True)]


@pytest.mark.parametrize(
    ("body", "warns"),
    [
        ("First. A **crawler** infers the\nschema of `my_table`. Last.", False),
        ("A _crawler_   infers the __schema__ of `my_table`.", False),
        ("A crawler guesses the schema of `my_table`.", True),
        ("A crawler infers the schema of `mytable`.", True),
        ("", True),
    ],
)
def test_a_passage_that_its_note_no_longer_has_is_warned_about(body: str, warns: bool) -> None:
    one = question(passages={"glue": "*crawler* infers the schema of my_table"})
    folder = content(one, sections=(section(body=body),))
    found = lint.check_question(one, lint.Surroundings.of(folder))
    assert [(f.rule, f.field) for f in found] == [("passage", "passages.glue")] * warns
    answered = question(
        passages=one.content.passages, lint={"passage": "The note is being rewritten."}
    )
    found = lint.check_question(answered, lint.Surroundings.of(folder))
    assert [f.rule for f in found] == ["stale-answer"] * (not warns)


def test_a_file_stands_in_the_folder_of_its_first_note() -> None:
    misplaced = Question("orders", question().content, "questions/athena/orders.yaml")
    found = lint.check_question(misplaced, SURROUNDINGS)
    assert [finding.rule for finding in found] == ["folder"]


@pytest.mark.parametrize(
    ("status", "closed"),
    [
        ("Amazon Kendra has been closed to new customers since July.", True),
        ("Kendra is in maintenance; use another service.", True),
        ("Kendra is discontinued.", True),
        ("Kendra itself is current, but Kendra Classic is in maintenance.", False),
        ("Amazon Kendra is open, but its old index is closed to new customers.", False),
        ("Kendra is now called Amazon Search.", False),
        ("Another service is in maintenance.", False),
        ("", False),
    ],
)
def test_a_closed_service_is_known_by_its_status_note(status: str, closed: bool) -> None:
    assert lint.is_closed("Kendra", status) is closed


def test_a_question_on_a_closed_service_says_so() -> None:
    closed = section("kendra", status="Amazon Kendra is closed to new customers.")
    silent = question(notes=("kendra",))
    told = list(options(1))
    told[1] = told[1].model_copy(update={"rationale": "Kendra takes no new customers."})
    for one, rules in (
        (silent, ["service-status"]),
        (question(notes=("kendra",), options=tuple(told)), []),
    ):
        found = lint.check_question(one, lint.Surroundings.of(content(one, sections=(closed,))))
        assert [finding.rule for finding in found] == rules


def bank_rules(*questions: Question) -> set[tuple[str, str]]:
    found = lint.check(content(*questions))
    return {(f.rule, f.file) for f in found if f.rule != "coverage"}


BASE = "A shop keeps all orders of ten years in one big table and wants them moved tonight"


def test_the_same_stem_twice_is_an_error_and_a_similar_one_a_warning() -> None:
    one = question("one", stem=f"{BASE}.\nWhich design fits?")
    same = question("two", stem=f"{BASE}.\nWhich design   **fits**?")
    near = question("three", stem=f"{BASE} again.\nWhich design fits?")
    far = question("four", stem="A farm counts cows.\nWhich design fits?")
    assert bank_rules(one, same) == {("duplicate-stem", "two")}
    assert bank_rules(one, near) == {("similar-stem", "three")}
    assert bank_rules(one, far) == set()


def test_enemies_may_be_alike() -> None:
    one = question("one", stem=f"{BASE}.\nWhich design fits?")
    near = question("two", stem=f"{BASE} again.\nWhich design fits?", enemies=("one",))
    assert bank_rules(one, near) == set()


def test_the_bank_is_warned_when_keys_can_be_guessed() -> None:
    stems = [f"Shop number {n} sells {n * 13} things.\nWhich design fits?" for n in range(60)]
    placed = [question(f"q-{n}", stem=s, options=options(n % 4)) for n, s in enumerate(stems)]
    rules = {rule for rule, _ in bank_rules(*placed)}
    assert rules == set()
    always_first = [question(f"q-{n}", stem=s, options=options(0)) for n, s in enumerate(stems)]
    assert {rule for rule, _ in bank_rules(*always_first)} == {"key-longest", "key-position"}


def test_a_blueprint_without_enough_questions_is_warned_about() -> None:
    found = {finding.message for finding in lint.check(content(question()))}
    assert "no question asks about task 4.3" in found
    assert "domain 1 has 1 of the 19 questions of a form" in found


def test_sections_name_tasks_of_the_exam() -> None:
    found = lint.errors(content(question(), sections=(section(tasks=("7.7",)),)))
    assert [finding.message for finding in found] == ["the exam has no task 7.7"]


def test_five_thousand_questions_are_compared_within_seconds() -> None:
    bank = content(*many_questions(5000))
    started = time.process_time()
    lint.check(bank)
    assert time.process_time() - started < 60


def test_a_finding_reads_as_file_field_and_message() -> None:
    finding = lint.Finding("a.yaml", "stem", "negative", "asks negatively", is_error=False)
    assert str(finding) == "a.yaml: stem: asks negatively [warning negative]"


def test_the_shipped_bank_has_no_errors() -> None:
    folders = [read_folder(path.parent) for path in FIXTURES.glob("*/exam.yaml")]
    exams = {folder.exam.slug: lint.OtherExam.of(folder.exam) for folder in folders}
    for folder in folders:
        assert [str(finding) for finding in lint.errors(folder, exams)] == []
        assert all(q.content.verified >= date(2026, 1, 1) for q in folder.questions)
