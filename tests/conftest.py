"""Fixtures for every folder of tests."""

import sys
from importlib import import_module

import pytest
from hypothesis import settings

from accounts.models import User
from tests import processes
from tests.people import AuthorFactory, CandidateFactory, OperatorFactory, StrangerFactory

# How long an example takes says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_unconfigure(config: pytest.Config) -> None:
    """At the end of a run: a test that was ended by the time limit cannot end its servers."""
    if not hasattr(config, "workerinput"):
        for line in processes.kill_what_this_run_left():
            sys.stderr.write(f"Left behind by a test, and killed now: {line}\n")


@pytest.fixture(scope="session", autouse=True)
def _addresses() -> None:
    """Which pages there are hangs on settings, so it is not for the first test to change them."""
    import_module("exam_platform.urls")


@pytest.fixture
def candidate(db: None) -> User:
    return CandidateFactory.create()


@pytest.fixture
def stranger(db: None) -> User:
    return StrangerFactory.create()


@pytest.fixture
def author(db: None) -> User:
    return AuthorFactory.create()


@pytest.fixture
def operator(db: None) -> User:
    return OperatorFactory.create()
