"""The project's settings as they are, with one view more: the floor to compare a save with."""

from exam_platform.settings import *  # noqa: F403

ROOT_URLCONF = "tests.load.urls"
