"""A server that applies a repeated save once more: the negative control of the cuts."""

from tests.load.settings import *  # noqa: F403

ROOT_URLCONF = "tests.chaos.unguarded_urls"
