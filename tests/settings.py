"""The project's settings, with what only tests may cut: durability, hash cost, compression."""

import os
from pathlib import Path

VAR_DIR = Path(__file__).resolve().parent.parent / "var" / "test"
os.environ["LOCAL_MODE"] = "1"
os.environ["LOCAL_POSTGRES_DURABLE"] = "0"
os.environ.setdefault("VAR_DIR", str(VAR_DIR))

from exam_platform.settings import *  # noqa: E402, F403
from exam_platform.settings import DATABASES, INSTALLED_APPS, STORAGES  # noqa: E402

INSTALLED_APPS = [*INSTALLED_APPS, "tests.emptying"]
# Each test thread opens and closes its own connection; a pool would outlive its test.
del DATABASES["default"]["OPTIONS"]["pool"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Static files straight from their sources: nothing is collected for tests.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
