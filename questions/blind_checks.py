"""The record of blind checks: who answers a question without its key, and comes to the same?

Pure: no Django. An exam's folder keeps the record in ``blind-check.csv``, one row per question.
Whether the very first answer agreed with the key is never rewritten by later checks.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from questions.check_records import DIGEST_LENGTH, CheckRow, Record, YesOrNo

Verdict = Literal["ok", "unclear", "ambiguous", "wrong"]
VERDICTS: tuple[str, ...] = get_args(Verdict)


class BlindCheck(CheckRow):
    """One row: the last check of a question, and how the first one went.

    ``digest`` is of the text that the last check saw ("" if it was not kept), ``verdict`` what it
    said of it; ``changed`` says what checks found and what was changed for it.
    """

    first_answer_agreed: YesOrNo
    verdict: Verdict
    changed: str


RECORD = Record(
    file="blind-check.csv",
    row=BlindCheck,
    wanted={
        "digest": f"empty or {DIGEST_LENGTH} digits of a digest",
        "first_answer_agreed": "yes or no",
        "verdict": f"one of {', '.join(VERDICTS)}",
    },
)
FILE = RECORD.file
COLUMNS = RECORD.columns
parse = RECORD.parse
dump = RECORD.dump


def doubts(digest: str, check: BlindCheck | None) -> Iterator[str]:
    """Why a question whose judged texts have ``digest`` does not count as checked."""
    if check is None:
        yield "was never answered blind"
        return
    if not check.digest:
        yield "was answered blind, but in which form was not recorded"
    elif check.digest != digest:
        yield "was changed after its blind check"
    elif check.verdict != "ok":
        yield f"was found {check.verdict} by its blind check and stands unchanged since"


@dataclass(frozen=True, slots=True)
class Summary:
    """How a bank stands: ``agreed`` first answers, ``current`` checks that passed its text."""

    questions: int
    checked: int
    agreed: int
    current: int

    def __str__(self) -> str:
        return (
            f"blind checks: {self.checked} of {self.questions} questions were answered without "
            f"the key, {self.agreed} of these {self.checked} as keyed at the first answer; "
            f"{self.current} passed in their present form"
        )


def summary(digests: Mapping[str, str], checks: Iterable[BlindCheck]) -> Summary:
    """Counts over the questions with these ``digests``; other rows do not count."""
    rows = {row.slug: row for row in checks if row.slug in digests}
    return Summary(
        questions=len(digests),
        checked=len(rows),
        agreed=sum(row.first_answer_agreed for row in rows.values()),
        current=sum(not list(doubts(digest, rows.get(slug))) for slug, digest in digests.items()),
    )
