import pytest

from questions.kinds import (
    Kind,
    MalformedAnswer,
    Shape,
    is_correct,
    parse_answer,
)

ABCD = ("a", "b", "c", "d")
CHOICE = Shape(Kind.CHOICE, ABCD)
RESPONSE = Shape(Kind.RESPONSE, ("a", "b", "c", "d", "e"))
ORDERING = Shape(Kind.ORDERING, ("a", "b", "c"))
MATCHING = Shape(Kind.MATCHING, ABCD, prompt_count=3)


@pytest.mark.parametrize(
    ("shape", "given", "answer"),
    [
        (CHOICE, [], ()),
        (CHOICE, [""], ()),
        (CHOICE, ["c"], ("c",)),
        (RESPONSE, ["d", "b"], ("b", "d")),
        (RESPONSE, ["a", "b", "c", "d", "e"], ("a", "b", "c", "d", "e")),
        (ORDERING, ["c"], ("c",)),
        (ORDERING, ["c", "a", "b"], ("c", "a", "b")),
        (ORDERING, ["c", "", "b"], ("c", "b")),
        (MATCHING, ["", "", ""], ()),
        (MATCHING, ["d", "", "a"], ("d", "", "a")),
        (MATCHING, ["d", "b", "a"], ("d", "b", "a")),
        (CHOICE, ["a", "a"], ("a",)),
        (RESPONSE, ["a", "a"], ("a",)),
        (ORDERING, ["a", "b", "a"], ("a", "b", "a")),
        (MATCHING, ["a", "a", "b"], ("a", "a", "b")),
        (MATCHING, ["a", "", "a"], ("a", "", "a")),
    ],
)
def test_an_answer_is_read_into_its_normal_form(
    shape: Shape, given: list[str], answer: tuple[str, ...]
) -> None:
    assert parse_answer(shape, given) == answer


@pytest.mark.parametrize(
    ("shape", "given", "message"),
    [
        (CHOICE, ["a", "b"], "takes one option"),
        (CHOICE, ["z"], "no option 'z'"),
        (CHOICE, ["A"], "no option 'A'"),
        (ORDERING, ["a", "b", "a", "c"], "has 3 places"),
        (ORDERING, ["a", "<script>"], "no option '<script>'"),
        (MATCHING, ["a", "b"], "has 3 prompts"),
        (MATCHING, ["a", "b", "c", "d"], "has 3 prompts"),
    ],
)
def test_what_cannot_be_an_answer_is_refused_in_words(
    shape: Shape, given: list[str], message: str
) -> None:
    with pytest.raises(MalformedAnswer, match=message):
        parse_answer(shape, given)


@pytest.mark.parametrize(
    ("kind", "key", "answer", "correct"),
    [
        (Kind.CHOICE, ["b"], ["b"], True),
        (Kind.CHOICE, ["b"], ["a"], False),
        (Kind.CHOICE, ["b"], [], False),
        (Kind.RESPONSE, ["b", "d"], ["d", "b"], True),
        (Kind.RESPONSE, ["b", "d"], ["b"], False),
        (Kind.RESPONSE, ["b", "d"], ["b", "d", "e"], False),
        (Kind.ORDERING, ["a", "b", "c"], ["a", "b", "c"], True),
        (Kind.ORDERING, ["a", "b", "c"], ["b", "a", "c"], False),
        (Kind.ORDERING, ["a", "b", "c"], ["a", "b"], False),
        (Kind.MATCHING, ["d", "b", "a"], ["d", "b", "a"], True),
        (Kind.MATCHING, ["d", "b", "a"], ["d", "b", ""], False),
        (Kind.MATCHING, ["d", "b", "a"], ["a", "b", "d"], False),
        (Kind.MATCHING, ["d", "b", "a"], ["d", "d", "a"], False),
        (Kind.ORDERING, ["a", "b", "c"], ["a", "b", "b"], False),
        (Kind.MATCHING, [], [], False),
    ],
)
def test_the_mark_is_all_or_nothing(
    kind: Kind, key: list[str], answer: list[str], correct: bool
) -> None:
    assert is_correct(kind, key, answer) is correct
