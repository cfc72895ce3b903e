"""The record of options-only checks: its file, what lint says of it, the command that keeps it."""

from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from questions import bank, export, lint, options_only
from questions.content import Content, InvalidContent, read_folder
from questions.models import Exam
from questions.models import OptionsOnlyCheck as OptionsOnlyCheckRow
from questions.options_only import RECORD, OptionsOnlyCheck
from tests.authored import (
    content,
    options,
    options_only_check,
    question,
    question_content,
    write,
)

HEAD = "slug,digest,checked_on,picked_key,sure\n"
SEEN = "0123456789abcdef"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def picked(*rows: OptionsOnlyCheck) -> Content:
    return replace(content(question(), question("other")), options_only=rows)


def test_the_file_says_what_was_written_by_question_and_day() -> None:
    rows = (
        options_only_check("a", digest=SEEN, checked_on="2026-11-01"),
        options_only_check("a", digest=SEEN, picked_key=False, sure=False),
        options_only_check("b", digest=SEEN),
        options_only_check("b", digest=SEEN),
    )
    text = RECORD.dump(rows[::-1])
    assert text.startswith(HEAD + f"a,{SEEN},2026-11-01,yes,yes\na,{SEEN},2026-11-23,no,no\nb,")
    assert RECORD.parse(text) == (rows, [])


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("slug,digest\n", "line 1", "must be slug,digest,checked_on,picked_key,sure"),
        (HEAD + f"a,{SEEN},2026-11-23,yes\n", "line 2", "does not have 5 columns"),
        (HEAD + "a,,2026-11-23,yes,no\n", "line 2, digest", "must be 16 digits of a digest"),
        (HEAD + f"a,{SEEN},2026-11-23,maybe,no\n", "line 2, picked_key", "must be yes or no"),
        (HEAD + f"a,{SEEN},2026-11-23,no,1\n", "line 2, sure", "must be yes or no"),
        (
            HEAD + f"a,{SEEN},2026-11-23,no,no\na,{SEEN},2026-11-22,no,no\n",
            "a",
            "has 2026-11-22 after 2026-11-23; sort by day",
        ),
        (HEAD + f"b,{SEEN},2026-11-01,no,no\na,{SEEN},2026-11-22,no,no\n", "a", "stands after b"),
    ],
)
def test_a_wrong_row_is_told_with_its_place(
    tmp_path: Path, text: str, place: str, message: str
) -> None:
    folder = write(tmp_path, content(question()))
    (folder / RECORD.file).write_text(text)
    with pytest.raises(InvalidContent) as refused:
        read_folder(folder)
    problem = str(refused.value.problems[0])
    assert problem.startswith(f"options-only.csv: {place}: ")
    assert message in problem


def test_the_digest_is_of_options_and_key_but_of_no_stem_and_no_order() -> None:
    base = question_content()
    unseen = [question_content(stem="Which one?"), question_content(options=base.options[::-1])]
    assert {other.options_digest for other in unseen} == {base.options_digest}
    others = [question_content(options=options(2)), question_content(options=options(1)[:3])]
    assert base.options_digest not in {other.options_digest for other in others}


def test_a_record_that_was_not_begun_asks_for_nothing() -> None:
    assert not [f for f in lint.check_record(picked()) if f.rule == "options-only"]


@pytest.mark.parametrize(
    ("rows", "doubt"),
    [
        ([], "was never picked from its options alone"),
        ([{"digest": SEEN}], "has other options than those that were picked from"),
        ([{}], None),
        ([{}, {"sure": False}], None),
        ([{}, {"picked_key": False}], None),
        ([{}, {"digest": SEEN}], None),
        ([{}, {}], "was found without its stem 2 of 2 times, and for sure"),
        ([{}, {}, {"picked_key": False}], None),
    ],
)
def test_a_question_that_its_stem_does_not_decide_is_warned_about(
    rows: list[dict[str, Any]], doubt: str | None
) -> None:
    other = options_only_check("other", sure=False)
    found = lint.check_record(picked(*(options_only_check(**row) for row in rows), other))
    told = [f for f in found if f.rule == "options-only"]
    assert [(f.file, f.message, f.level) for f in told] == (
        [("orders-move", doubt, lint.Level.WARNING)] if doubt else []
    )


def test_questions_of_other_kinds_need_no_pick_and_take_none() -> None:
    ordering = question("sorted", kind="ordering", options=options(), stem="Put them in order.")
    rows = (options_only_check(), options_only_check("sorted"))
    whole = replace(content(question(), ordering), options_only=rows)
    found = [f for f in lint.check_record(whole) if f.rule == "options-only"]
    assert [(f.file, f.field) for f in found] == [("options-only.csv", "sorted")]


@pytest.mark.parametrize(("found", "warns"), [(22, False), (23, True)])
def test_a_bank_that_is_found_too_often_is_warned_about(found: int, warns: bool) -> None:
    rows = [options_only_check(picked_key=number < found, sure=False) for number in range(40)]
    told = lint.check_record(picked(*rows, options_only_check("other", digest=SEEN)))
    messages = [f.message for f in told if f.file == "options-only.csv"]
    assert messages == ["the key was found in 57% of the picks"] * warns


def test_the_summary_counts_picks_from_present_options() -> None:
    rows = [
        options_only_check("a", digest="1" * 16),
        options_only_check("a", digest="1" * 16),
        options_only_check("b", digest="2" * 16, picked_key=False, sure=False),
        options_only_check("b", digest=SEEN),
        options_only_check("stray", digest=SEEN),
    ]
    told = str(options_only.summary({"a": "1" * 16, "b": "2" * 16, "c": "3" * 16}, rows))
    assert "2 of 3 questions were picked from in their present form" in told
    assert "the key was found in 2 of 3 picks (67%, at most 55%)" in told
    assert told.endswith("1 questions were found every time and for sure")
    assert str(options_only.summary({"a": SEEN}, [])).endswith("0 of 1 questions were picked from")


def test_every_call_records_one_more_pick(tmp_path: Path) -> None:
    ordering = question("sorted", kind="ordering", options=options(), stem="Put them in order.")
    folder = write(tmp_path, content(question("two"), question("one"), ordering))
    record = ["record_options_only", str(folder)]
    run(*record, "--all", "--picked-key", "yes", "--sure", "yes", "--date", "2026-11-02")
    missed = ("--picked-key", "no", "--sure", "no")
    said = run(*record, "--slug", "two", *missed, "--date", "2026-11-01")
    assert "the key was found in 2 of 3 picks" in said
    with pytest.raises(CommandError, match="There is no choice or response question sorted"):
        run(*record, "--slug", "sorted", "--picked-key", "no", "--sure", "no")
    rows = read_folder(folder).options_only
    assert [(row.slug, row.checked_on.day, row.picked_key, row.sure) for row in rows] == [
        ("one", 2, True, True),
        ("two", 1, False, False),
        ("two", 2, True, True),
    ]
    run(*record, "--slug", "one", "--picked-key", "yes", "--sure", "yes")
    assert "one.yaml: options-only: was found without its stem 2 of 2" in run(
        "lint_bank", str(folder)
    )
    assert "options-only checks: 2 of 2 questions" in run("lint_bank", str(folder))


@pytest.mark.django_db
def test_the_record_travels_through_load_and_export(tmp_path: Path) -> None:
    rows = (
        options_only_check(checked_on="2026-11-01"),
        options_only_check(sure=False),
        options_only_check("stray"),
    )
    folder = write(tmp_path / "authored", picked(*rows))
    (folder / RECORD.file).write_text(RECORD.dump(rows))
    run("load_bank", str(folder))
    kept = list(OptionsOnlyCheckRow.objects.values_list("pk"))
    bank.load(read_folder(folder), now=timezone.now())
    assert list(OptionsOnlyCheckRow.objects.values_list("pk")) == kept
    exam = Exam.objects.get()
    export.write_folder(exam, tmp_path / "exported")
    assert (tmp_path / "exported" / RECORD.file).read_text() == RECORD.dump(rows[:2])
    bank.load(picked(rows[1]), now=timezone.now())
    assert export.bank_content(exam).options_only == (rows[1],)
