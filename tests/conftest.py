"""Fixtures for every folder of tests."""

import pytest

from accounts.models import User
from tests.people import AuthorFactory, CandidateFactory, OperatorFactory, StrangerFactory


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
