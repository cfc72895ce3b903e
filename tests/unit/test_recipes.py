"""Recipes as they are stored, read by older and newer code."""

import pytest
from django.utils import timezone

from accounts.models import User
from exams.assembly.assemble import Wanted
from exams.engine import attempts
from exams.models import Attempt, Mode
from exams.recipes import MOST_ITEMS, ImpossibleRecipe, Recipe, Source
from tests.bank import fill, make_exam
from tests.people import client_of


def test_a_recipe_is_read_as_it_was_stored() -> None:
    recipe = Recipe(items=5, source=Source.MISSED, domains=("1",), difficulties=(2, 3))
    assert Recipe.from_json(recipe.as_json()) == recipe


@pytest.mark.parametrize(
    "stored",
    [
        {"items": 5, "what_newer_code_stores": [1]},
        {"items": 5, "source": "what newer code calls it"},
    ],
)
def test_what_newer_code_stored_is_passed_over(stored: dict[str, object]) -> None:
    assert Recipe.from_json(stored) == Recipe(items=5)


def test_a_limit_that_was_lowered_since_does_not_break_what_is_stored() -> None:
    assert Recipe.from_json({"items": MOST_ITEMS + 1}).items == MOST_ITEMS + 1


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"items": MOST_ITEMS + 1}, {"items": 5, "minutes": 0}])
def test_no_attempt_begins_by_an_impossible_recipe(candidate: User, fields: dict[str, int]) -> None:
    exam = make_exam(slug="small", items=8, scored_items=6)
    wanted = Wanted(mode=Mode.STUDY, recipe=Recipe(**fields))  # type: ignore[arg-type]  # numbers
    with pytest.raises(ImpossibleRecipe):
        attempts.start(user=candidate, exam=exam, now=timezone.now(), wanted=wanted)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/", "/history/"])
def test_pages_show_an_attempt_that_newer_code_began(candidate: User, page: str) -> None:
    exam = make_exam(slug="small", items=8, scored_items=6)
    fill(exam, per_task=2)
    wanted = Wanted(mode=Mode.STUDY, recipe=Recipe(items=5, source=Source.UNSEEN))
    attempt = attempts.start(user=candidate, exam=exam, now=timezone.now(), wanted=wanted)
    Attempt.objects.filter(pk=attempt.pk).update(recipe=attempt.recipe | {"newer": 1})
    assert "questions not seen yet" in client_of(candidate).get(page).content.decode()
