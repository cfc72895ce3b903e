"""The checker of `make bench` and `make chaos`: a proof by it is worth what it can find."""

import pytest

from tests.load.client import Acknowledged
from tests.load.proof import Line, Stored, losses

ORDER = ("c", "a", "b", "d")
FIRST, SECOND = Acknowledged("one", 1, 1, ("1",)), Acknowledged("one", 1, 2, ("2",))
JOURNAL = [Line("one", 1, 1, 1, ["c"]), Line("one", 1, 1, 2, ["a"])]


def stored(rev: int, *answer: str, kind: str = "choice") -> Stored:
    return Stored("one", 1, rev, answer, ORDER, kind)


def test_what_is_kept_in_response_and_journal_is_no_loss() -> None:
    assert list(losses([FIRST, SECOND], [stored(2, "a")], JOURNAL)) == []


def test_a_newer_answer_than_the_acknowledged_one_is_no_loss() -> None:
    assert list(losses([FIRST], [stored(2, "a")], JOURNAL)) == []


@pytest.mark.parametrize(
    ("response", "journal", "loss"),
    [
        ([], JOURNAL, "no such response"),
        ([stored(2, "a")], JOURNAL[:1], "not in the journal"),
        ([stored(2, "a")], [JOURNAL[0], Line("one", 1, 1, 2, ["b"])], "not in the journal"),
        ([stored(1, "c")], JOURNAL, "the response is still at rev 1"),
        ([stored(2, "b")], JOURNAL, "the response holds ('b',)"),
        ([stored(2)], JOURNAL, "the response holds ()"),
        ([stored(2, "a")], [*JOURNAL, JOURNAL[1]], "rev 2: applied 2 times"),
    ],
)
def test_each_loss_is_named(response: list[Stored], journal: list[Line], loss: str) -> None:
    found, *_ = losses([FIRST, SECOND], response, journal)
    assert loss in found


def test_order_counts_where_the_kind_is_a_sequence() -> None:
    given = Acknowledged("one", 1, 1, ("2", "1"))
    journal = [Line("one", 1, 1, 1, ["a", "c"])]
    swapped = [Line("one", 1, 1, 1, ["c", "a"])]
    assert list(losses([given], [stored(1, "c", "a", kind="response")], swapped)) == []
    assert list(losses([given], [stored(1, "a", "c", kind="ordering")], journal)) == []
    assert len(list(losses([given], [stored(1, "c", "a", kind="ordering")], swapped))) == 2
