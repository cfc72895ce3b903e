"""The record of options-only checks: who finds the key without the stem?

Pure: no Django. Somebody who knows the subject sees the options of a question, but neither stem
nor key, and picks. Where that works, the stem does not decide. An exam's folder keeps the record
in ``options-only.csv``, one row per pick; rows of options that were changed since stay as history.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from questions.check_records import CheckRow, Digest, Record, YesOrNo

MOST_FOUND = 0.55  # of the picks of a bank
MIN_PICKS = 40  # below, a share says nothing
ENOUGH_PICKS = 2  # of one question, to call it given away


class OptionsOnlyCheck(CheckRow):
    """One row: one pick. ``digest`` is of the options that were seen."""

    digest: Digest
    picked_key: YesOrNo
    sure: YesOrNo


RECORD = Record(
    file="options-only.csv",
    row=OptionsOnlyCheck,
    wanted={"picked_key": "yes or no", "sure": "yes or no"},
    is_repeated=True,
)


def doubts(digest: str, rows: Sequence[OptionsOnlyCheck]) -> Iterator[str]:
    """Why a question whose options have ``digest`` does not count as decided by its stem."""
    current = [row for row in rows if row.digest == digest]
    if not rows:
        yield "was never picked from its options alone"
    elif not current:
        yield "has other options than those that were picked from"
    elif len(current) >= ENOUGH_PICKS and all(row.picked_key and row.sure for row in current):
        yield f"was found without its stem {len(current)} of {len(current)} times, and for sure"


@dataclass(frozen=True, slots=True)
class OptionsOnlySummary:
    """How a bank stands, counting picks from options as they are now.

    ``picked``: questions with such a pick; ``given_away``: questions whose every pick, two at
    least, was the key and sure.
    """

    questions: int
    picked: int
    picks: int
    found: int
    given_away: int

    @property
    def share(self) -> float:
        """Of the picks that found the key."""
        return self.found / self.picks if self.picks else 0.0

    @property
    def is_too_easy(self) -> bool:
        return self.picks >= MIN_PICKS and self.share > MOST_FOUND

    def __str__(self) -> str:
        said = f"options-only checks: {self.picked} of {self.questions} questions were picked from"
        if not self.picks:
            return said
        return (
            f"{said} in their present form, the key was found in {self.found} of {self.picks} "
            f"picks ({self.share:.0%}, at most {MOST_FOUND:.0%}); "
            f"{self.given_away} questions were found every time and for sure"
        )


def by_question(
    rows: Iterable[OptionsOnlyCheck],
) -> dict[str, list[OptionsOnlyCheck]]:
    """The rows of each question, by its slug."""
    sorted_out: defaultdict[str, list[OptionsOnlyCheck]] = defaultdict(list)
    for row in rows:
        sorted_out[row.slug].append(row)
    return dict(sorted_out)


def summary(digests: Mapping[str, str], rows: Iterable[OptionsOnlyCheck]) -> OptionsOnlySummary:
    """Counts over the questions whose options have these ``digests``."""
    current = [row for row in rows if row.digest == digests.get(row.slug)]
    picks_of = by_question(current)
    return OptionsOnlySummary(
        questions=len(digests),
        picked=len(picks_of),
        picks=len(current),
        found=sum(row.picked_key for row in current),
        given_away=sum(
            bool(list(doubts(digests[slug], picks))) for slug, picks in picks_of.items()
        ),
    )
