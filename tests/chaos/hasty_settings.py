"""A server that says "saved" before it is: the negative control of the kills."""

from tests.load.settings import *  # noqa: F403

ROOT_URLCONF = "tests.chaos.hasty_urls"
