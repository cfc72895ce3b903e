"""The record of blind checks: its file, what lint says of it, and the command that keeps it."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from questions import blind_checks, lint
from questions.content import InvalidContent, read_folder
from tests.authored import blind_check, content, question, write

HEAD = "slug,digest,checked_on,first_answer_agreed,verdict,changed\n"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_the_file_says_what_was_written_sorted() -> None:
    rows = (
        blind_check("a", digest="0123456789abcdef", changed='Says "two", not three.'),
        blind_check("b", first_answer_agreed=False, verdict="wrong"),
    )
    text = blind_checks.dump(rows[::-1])
    assert text.startswith(HEAD + "a,0123456789abcdef,2026-11-23,yes,ok,")
    assert blind_checks.parse(text) == (rows, [])


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "line 1", "must be slug,digest,"),
        ("slug,verdict\n", "line 1", "must be slug,digest,"),
        (HEAD + "a,,2026-11-23,yes,ok\n", "line 2", "does not have 6 columns"),
        (HEAD + "a,,2026-11-23,yes,ok,,x\n", "line 2", "does not have 6 columns"),
        (HEAD + "A b,,2026-11-23,yes,ok,\n", "line 2, slug", "the name of a question"),
        (HEAD + "a,12,2026-11-23,yes,ok,\n", "line 2, digest", "empty or 16 digits"),
        (HEAD + "a,,23.11.2026,yes,ok,\n", "line 2, checked_on", "a date such as"),
        (HEAD + "a,,2026-11-23,True,ok,\n", "line 2, first_answer_agreed", "yes or no"),
        (HEAD + "a,,2026-11-23,yes,fine,\n", "line 2, verdict", "one of ok, unclear"),
        (HEAD + "a,,2026-11-23,yes,ok,\n" * 2, "a", "stands twice"),
        (HEAD + "b,,2026-11-23,yes,ok,\na,,2026-11-23,yes,ok,\n", "a", "stands after b"),
        (HEAD + 'a,,2026-11-23,yes,ok,"x"y\n', "line 2", "is no CSV"),
    ],
)
def test_a_wrong_row_is_told_with_its_place(
    tmp_path: Path, text: str, place: str, message: str
) -> None:
    folder = write(tmp_path, content(question()))
    (folder / blind_checks.FILE).write_text(text)
    with pytest.raises(InvalidContent) as refused:
        read_folder(folder)
    problem = str(refused.value.problems[0])
    assert problem.startswith(f"blind-check.csv: {place}: ")
    assert message in problem


DIGEST = question().content.judged_digest


@pytest.mark.parametrize(
    ("row", "doubt"),
    [
        (blind_check("other"), "was never answered blind"),
        (blind_check(), "in which form was not recorded"),
        (blind_check(digest="0" * 16), "was changed after its blind check"),
        (blind_check(digest=DIGEST, verdict="wrong"), "was found wrong by its blind check"),
    ],
)
def test_a_question_that_was_not_checked_as_it_stands_is_warned_about(
    row: blind_checks.BlindCheck, doubt: str
) -> None:
    found = lint.check_record(replace(content(question()), checks=(row,)))
    about = [finding for finding in found if finding.file == "orders-move"]
    assert [doubt in finding.message for finding in about] == [True]
    assert not any(finding.is_error for finding in found)


def test_a_checked_question_is_not_and_a_row_without_a_question_is() -> None:
    rows = (blind_check(digest=DIGEST, changed="Clearer."), blind_check("stray"))
    found = lint.check_record(replace(content(question()), checks=rows))
    assert [str(finding) for finding in found] == [
        "blind-check.csv: stray: is the name of no question; remove the row [warning blind-check]"
    ]


def test_the_summary_counts_first_answers_and_present_forms() -> None:
    rows = [
        blind_check("a", digest="1" * 16, first_answer_agreed=False),
        blind_check("b", digest="0" * 16),
        blind_check("stray"),
    ]
    told = str(blind_checks.summary({"a": "1" * 16, "b": "1" * 16, "c": "1" * 16}, rows))
    assert "2 of 3 questions were answered without the key" in told
    assert "1 of these 2 as keyed at the first answer" in told
    assert told.endswith("1 passed in their present form")


def test_recording_a_check_fills_the_digest_and_keeps_the_first_answer(tmp_path: Path) -> None:
    folder = write(tmp_path, content(question("two"), question("one")))
    record = ["record_blind_check", str(folder)]
    with pytest.raises(CommandError, match="two has no row yet: say with --agreed"):
        run(*record, "--slug", "two")
    run(*record, "--slug", "two", "--agreed", "no", "--verdict", "wrong", "--date", "2026-11-01")
    run(*record, "--slug", "two", "--changed", "Key mended.")
    run(*record, "--slug", "one", "--agreed", "yes")
    with pytest.raises(CommandError, match="is on record already"):
        run(*record, "--slug", "two", "--agreed", "yes")
    with pytest.raises(CommandError, match="There is no question three"):
        run(*record, "--slug", "three")
    one, two = read_folder(folder).checks
    assert (one.slug, one.first_answer_agreed, one.changed) == ("one", True, "")
    assert (two.first_answer_agreed, two.verdict, two.changed) == (False, "ok", "Key mended.")
    assert "1 of these 2 as keyed at the first answer; 2 passed" in run(*record, "--all")
    assert "2 passed in their present form" in run("lint_bank", str(folder))
