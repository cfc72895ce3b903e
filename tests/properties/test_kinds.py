from hypothesis import given
from hypothesis import strategies as st

from questions.kinds import BLANK, Kind, MalformedAnswer, Shape, is_correct, parse_answer

IDS = ("a", "b", "c", "d", "e", "f")


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    kind = draw(st.sampled_from(Kind))
    ids = IDS[: draw(st.integers(3, 6))]
    prompts = draw(st.integers(3, len(ids))) if kind is Kind.MATCHING else 0
    return Shape(kind, ids, prompts)


@st.composite
def keyed(draw: st.DrawFn) -> tuple[Shape, list[str]]:
    """A shape and a key that fits it."""
    shape = draw(shapes())
    ids = draw(st.permutations(shape.option_ids))
    size = {
        Kind.CHOICE: 1,
        Kind.RESPONSE: draw(st.integers(2, len(ids) - 1)),
        Kind.ORDERING: len(ids),
        Kind.MATCHING: shape.prompt_count,
    }[shape.kind]
    return shape, list(ids[:size])


anything = st.lists(st.sampled_from((*IDS, "", "z")) | st.text(max_size=3), max_size=8)


@given(shapes(), anything)
def test_whatever_is_sent_is_an_answer_or_refused(shape: Shape, sent: list[str]) -> None:
    try:
        answer = parse_answer(shape, sent)
    except MalformedAnswer:
        return
    assert set(answer) <= {*shape.option_ids, ""}
    assert answer == BLANK or any(answer)


@given(shapes(), anything)
def test_reading_an_answer_again_changes_nothing(shape: Shape, sent: list[str]) -> None:
    try:
        answer = parse_answer(shape, sent)
    except MalformedAnswer:
        return
    assert parse_answer(shape, answer) == answer


@given(keyed())
def test_the_key_itself_earns_the_mark(question: tuple[Shape, list[str]]) -> None:
    shape, key = question
    assert is_correct(shape.kind, key, parse_answer(shape, key))


@given(keyed())
def test_sets_compare_in_any_order(question: tuple[Shape, list[str]]) -> None:
    shape, key = question
    turned = key[::-1]
    same = not shape.kind.is_sequence or turned == key
    assert is_correct(shape.kind, key, parse_answer(shape, turned)) is same


@given(keyed(), anything)
def test_nothing_but_the_key_earns_the_mark(
    question: tuple[Shape, list[str]], sent: list[str]
) -> None:
    shape, key = question
    try:
        answer = parse_answer(shape, sent)
    except MalformedAnswer:
        return
    assert is_correct(shape.kind, key, answer) == (answer == parse_answer(shape, key))
