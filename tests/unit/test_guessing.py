"""What the options alone give away: the guesser, the cues, the advice."""

import random
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from questions import lint
from questions.content import OptionContent, Question
from questions.lint import conditional_logit, cues, guessing
from questions.lint.conditional_logit import Choice
from questions.lint.guessing import Guesses, Options
from tests.authored import content, options, question, write

WORDS = ("copy", "move", "read", "send", "store", "query", "table", "stream", "record", "job")


def plain_items(count: int, *, seed: int = 1) -> list[Options]:
    """Questions whose options are words at random, the key too."""
    rng = random.Random(seed)
    return [
        Options(
            slug=f"item-{number}",
            texts=tuple(" ".join(rng.choices(WORDS, k=rng.randint(5, 9))) for _ in range(4)),
            key=rng.randrange(4),
        )
        for number in range(count)
    ]


def with_words(item: Options, *, key: str = "", distractors: str = "") -> Options:
    texts = [
        f"{text} {key if place == item.key else distractors}"
        for place, text in enumerate(item.texts)
    ]
    return Options(item.slug, tuple(texts), item.key)


def question_of(item: Options) -> Question:
    written = tuple(
        OptionContent(id="abcd"[place], correct=place == item.key, text=text, rationale="So.")
        for place, text in enumerate(item.texts)
    )
    return question(item.slug, options=written)


# ---- The model ---------------------------------------------------------------------------------


def test_weights_that_made_the_choices_are_found_again() -> None:
    rng = random.Random(7)
    true = [1.5, -1.0, 0.0]
    choices = []
    for _ in range(2000):
        rows = [[rng.gauss(0, 1) for _ in true] for _ in range(4)]
        chances = conditional_logit.probabilities(rows, true)
        choices.append(Choice(rows, rng.choices(range(4), chances)[0]))
    found = conditional_logit.fit(choices, ridge=1.0)
    assert found == pytest.approx(true, abs=0.15)


def test_a_ridge_keeps_weights_finite_where_a_number_tells_all() -> None:
    choices = [Choice([[1.0], [0.0]], 0)] * 50
    (weight,) = conditional_logit.fit(choices, ridge=1.0)
    assert 1 < weight < 10
    assert sum(conditional_logit.probabilities([[1.0], [0.0]], [weight])) == pytest.approx(1)


# ---- The guesser -------------------------------------------------------------------------------


def test_keys_without_a_sign_are_guessed_by_chance_only() -> None:
    guesses = guessing.guess_keys(plain_items(400))
    assert guesses.by_chance == 0.25
    assert guesses.found == pytest.approx(0.25, abs=0.065)  # three standard deviations


@pytest.mark.parametrize(
    "sign",
    [
        {"distractors": "because it is fast"},
        {"key": "with zebra"},  # a word that nothing but the bank itself teaches
        {"distractors": "and several more words that make the text much longer"},
        {"key": "`Code`"},
    ],
)
def test_a_sign_of_the_key_is_learned_from_other_questions(sign: dict[str, str]) -> None:
    items = [with_words(item, **sign) for item in plain_items(80)]
    guesses = guessing.guess_keys(items)
    assert guesses.found > 0.9
    assert min(guesses.of_key.values()) > 0.25


def test_neither_the_order_of_questions_nor_that_of_options_matters() -> None:
    items = [with_words(item, distractors="each time") for item in plain_items(60)]
    turned = [
        Options(item.slug, item.texts[::-1], len(item.texts) - 1 - item.key)
        for item in reversed(items)
    ]
    one, other = guessing.guess_keys(items), guessing.guess_keys(turned)
    assert one.found == pytest.approx(other.found)
    assert one.of_key == pytest.approx(other.of_key)
    assert one == guessing.guess_keys(items)


def test_equal_options_are_found_as_often_as_by_chance() -> None:
    items = [Options(f"item-{number}", ("Same",) * 4, number % 4) for number in range(60)]
    assert guessing.guess_keys(items).found == pytest.approx(0.25)


def test_a_small_bank_and_other_kinds_are_not_guessed() -> None:
    few = [question_of(item) for item in plain_items(39)]
    ordering = question("sorted", kind="ordering", options=options(), stem="Put them in order.")
    assert lint.guess(content(*few, ordering)) is None
    enough = [question_of(item) for item in plain_items(40)]
    guesses = lint.guess(content(*enough, ordering))
    assert guesses
    assert guesses.of_key.keys() == {q.slug for q in enough}


@pytest.mark.parametrize(("found", "warns"), [(0.32, False), (0.33, True)])
def test_a_bank_is_warned_when_more_keys_can_be_guessed_than_may(found: float, warns: bool) -> None:
    told = lint.check_guesses(Guesses({"a": 0.5}, found, 0.25))
    assert [(f.rule, f.level) for f in told] == [("options-alone", lint.Level.WARNING)] * warns
    assert lint.check_guesses(None) == []


# ---- Cues and advice ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "distractors", "told"),
    [
        ("Copy it", ["Read each one", "Send every one", "Drop it"], ["'each', 'every' stand only"]),
        ("Copy each", ["Read each one", "Send every one", "Store it"], []),
        ("Copy it", ["Read each one", "Send that", "Store this"], []),
        ("Copy it", ["Read that, because it is", "Send that", "Store this"], ["'because' stands"]),
        ("Set `P8D`", ["Read that", "Send that", "Store this"], ["only the key has code", "a num"]),
        ("Set `X`", ["Read `Y`", "Send that", "Store this"], []),
        ("a b c d", ["a b x y", "c d v w", "q r s t"], ["shares most words with the other"]),
    ],
)
def test_what_sets_the_key_apart_is_named(
    key: str, distractors: list[str], told: list[str]
) -> None:
    one = question_of(Options("one", (*distractors[:1], key, *distractors[1:]), 1))
    found = list(cues.cues(one))
    assert len(found) == len(told), found
    assert all(part in text for part, text in zip(told, found, strict=True))


def test_several_cues_or_a_good_guess_make_advice() -> None:
    loud = question_of(Options("loud", ("Set `X1`", "Read each", "Send every", "Keep"), 0))
    quiet = question_of(Options("quiet", ("Copy it", "Read one", "Send two", "Keep us"), 0))
    (found,) = lint.advise(content(loud, quiet))
    assert str(found) == (
        "loud: options: the key shows without the stem: 'each', 'every' stand only in distractors; "
        "only the key has code; only the key has a number [advice options-alone]"
    )
    assert (found.is_error, found.is_warning) == (False, False)
    guesses = Guesses({"loud": 0.1, "quiet": 0.42}, 0.3, 0.25)
    about = {f.file: f.message for f in lint.advise(content(loud, quiet), guesses)}
    assert about.keys() == {"loud", "quiet"}
    assert "(a guesser gives it 42%): its words and length" in about["quiet"]
    assert lint.advise_on(quiet, 0.39) == []


def test_advice_needs_no_answer_and_takes_none() -> None:
    loud = question_of(Options("loud", ("Set `X1`", "Read each", "Send every", "Keep"), 0))
    folder = content(loud)
    assert not [f for f in lint.check(folder) if f.rule == "options-alone"]
    answered = replace(loud, content=loud.content.model_copy(update={"lint": {cues.RULE: "Yes."}}))
    assert "is no rule" in str(lint.errors(content(answered)))


def test_lint_bank_prints_the_figure_and_the_advice_if_asked(tmp_path: Path) -> None:
    items = [with_words(item, distractors="because `it` is") for item in plain_items(40)]
    folder = write(tmp_path, content(*(question_of(item) for item in items)))

    def run(*arguments: str) -> str:
        out = StringIO()
        call_command("lint_bank", str(folder), *arguments, stdout=out)
        return out.getvalue()

    said = run()
    assert "finds the key of 100.0% of 40 choice questions without the stem (chance 25%" in said
    assert "the options alone give away the key of 100.0%" in said
    assert "[advice" not in said
    assert said.endswith("advice on 40 questions\n")
    assert run("--advice").count("[advice options-alone]") == 40
