"""All settings, read from the environment. Defaults are those of production.

``LOCAL_MODE=1`` (what ``make run`` sets) is for one person on one machine: the project makes
its own secret key and Postgres in ``var/``, serves plain HTTP and prints e-mails.
"""

import contextlib
import os
import secrets
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

LOCAL_MODE: bool = env.bool("LOCAL_MODE", default=False)
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
DEBUG: bool = env.bool("DEBUG", default=False)


def _required(name: str, help_text: str) -> str:
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. {help_text} "
            "(On your own machine, LOCAL_MODE=1 needs none of this: see README.md.)"
        )
    return value


def _kept_secret_key() -> str:
    """The secret key of local mode: made once, kept in var/, readable by its owner only."""
    path = VAR_DIR / "secret-key"
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        # Linked into place whole: of several processes at once, the first one's key stays.
        with tempfile.NamedTemporaryFile("w", dir=VAR_DIR) as new:
            new.write(secrets.token_urlsafe(50))
            new.flush()
            with contextlib.suppress(FileExistsError):
                os.link(new.name, path)
    return path.read_text()


if LOCAL_MODE:
    SECRET_KEY = env.str("SECRET_KEY", default="") or _kept_secret_key()
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
else:
    SECRET_KEY = _required(
        "SECRET_KEY",
        "Set it to a long random text that only the servers know, for instance the output of "
        "`python -c 'import secrets; print(secrets.token_urlsafe(50))'`.",
    )
    _hosts = _required(
        "ALLOWED_HOSTS", "Set it to the host names this site answers to, separated by commas."
    )
    ALLOWED_HOSTS = [host.strip() for host in _hosts.split(",")]

SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SITE_NAME = env.str("SITE_NAME", default="Proofmark")

# ---- What runs -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "accounts",
    "questions",
    "exams",
    "results",
    "exam_platform",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "allauth",
    "allauth.account",
    "csp",
]

MIDDLEWARE = [
    "exam_platform.health.answer_health_checks",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.record_guest_visits",
    "accounts.middleware.use_readers_time_zone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "exam_platform.urls"
WSGI_APPLICATION = "exam_platform.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.site",
            ],
        },
    },
]

# ---- Postgres --------------------------------------------------------------------------------


# The data folder of the server that local mode has for itself when it is given none.
EMBEDDED_POSTGRES = (
    VAR_DIR / "pg" if LOCAL_MODE and not env.str("DATABASE_URL", default="") else None
)


def _database() -> dict[str, Any]:
    if EMBEDDED_POSTGRES:
        durable = env.bool("LOCAL_POSTGRES_DURABLE", default=True)  # off for tests only
        # Started at the first connection: commands that ask nothing start nothing.
        embedded = {"data": EMBEDDED_POSTGRES, "durable": durable}
        return {"NAME": "postgres", "USER": "postgres", "EMBEDDED": embedded}
    _required(
        "DATABASE_URL",
        "Name the Postgres server to use, for instance postgres://user:password@host:5432/name.",
    )
    database: dict[str, Any] = env.db("DATABASE_URL")
    return database


DATABASES = {"default": _database()}
# Of each web worker, under the name that granian itself reads. Python runs one of them at a time
# and the database is near, so more only wait for each other: with four, the slowest saves of ten
# candidates took half as long again.
WEB_THREADS = env.int("GRANIAN_BLOCKING_THREADS", default=2)
POOL_SIZE = env.int("DATABASE_POOL_MAX", default=8)
# A thread holds one connection at most. So no save that has a thread ever waits for a connection,
# however many pages are slow, and one that broke can be replaced meanwhile (ADR 6).
if POOL_SIZE < WEB_THREADS + 1:
    raise ImproperlyConfigured(
        f"DATABASE_POOL_MAX is {POOL_SIZE}, too small for {WEB_THREADS} threads in each web worker "
        f"(GRANIAN_BLOCKING_THREADS): a save could have to wait for slow pages. "
        f"Set it to {WEB_THREADS + 1} or more."
    )
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
    "min_size": env.int("DATABASE_POOL_MIN", default=1),
    "max_size": POOL_SIZE,
    # Longer waits make every page hang through an outage instead of saying so.
    "timeout": 2,
    # The pool's default of five minutes delays recovery by up to as long as the outage was.
    "reconnect_timeout": 3,
}
# Starts a server of our own, and checks each connection, so that CONN_HEALTH_CHECKS can stay off.
DATABASES["default"]["ENGINE"] = "exam_platform.postgres"
# Postgres then plans a statement once for each connection, which halves its share of a save.
# Off for other servers, because a pooler between may hand each transaction another connection.
_is_direct = env.bool("DATABASE_PREPARED_STATEMENTS", default=EMBEDDED_POSTGRES is not None)
if _is_direct:
    DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 5}
# For the same reason: a cursor on the server is lost with the connection it was opened on.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = not _is_direct

# Shared by all processes, unlike local memory: sign-in limits count in it.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    }
}

# ---- People ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "accounts.hashers.OwaspArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none" if LOCAL_MODE else "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = not LOCAL_MODE
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
# Behind a proxy that stamps requests, saves count by the time of the stamp. They may still wait for
# a worker when their time is over, so attempts are closed a little later.
RECEIPT_STAMPS = env.bool("RECEIPT_STAMPS", default=ALLAUTH_TRUSTED_PROXY_COUNT > 0)
QUEUE_ALLOWANCE = timedelta(seconds=2.5 if RECEIPT_STAMPS else 0)
# Per address: many candidates may share one, behind a school's or a company's gateway. allauth
# counts a failure before it checks the password and takes it back after, so that limit too must
# stand a class that signs in at once; guessing is held back by the limit per account.
_SIGN_INS = f"{env.int('SIGN_INS_PER_MINUTE', default=60)}/m/ip"
ACCOUNT_RATE_LIMITS = {
    "login": _SIGN_INS,
    "login_failed": f"{_SIGN_INS},5/5m/key",
    "guest": _SIGN_INS,
    "signup": _SIGN_INS,
    "reset_password": f"{_SIGN_INS},5/m/key",
    "reset_password_from_key": _SIGN_INS,
}

# ---- E-mail ----------------------------------------------------------------------------------

if LOCAL_MODE and not env.str("EMAIL_URL", default=""):
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
else:
    _required("EMAIL_URL", "Name the mail server, for instance smtp+tls://user:password@host:587.")
    globals().update(env.email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="practice-exams@localhost")

# ---- Static files and uploads ----------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "exam_platform.static_files.StaticFilesStorage"},
}

# ---- Security --------------------------------------------------------------------------------

if not LOCAL_MODE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    # These bind every host below the site's name, and preloading for a year at least. Whether all
    # of them speak https is not for this project to say.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=False)
    SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "exam_platform.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# ---- Language and time -----------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")

# ---- Logs ------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
