"""Every knob of the program, each an environment variable: see ``docs/settings.md``.

It runs from a bare clone with none of them set.
"""

import dataclasses
import os
import shutil
from pathlib import Path

from environ import Env

from imagebrowser.secret_key import secret_key
from layers.oci.limits import GIB, MIB, SHARED, Limits

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent

PROFILE = env.str("IMAGEBROWSER_PROFILE", default="laptop")
"""``laptop``: one person. ``shared``: a class or a team, other defaults for all that is not set by itself."""
IS_SHARED = PROFILE == "shared"

# --- Where everything that is kept lies -------------------------------------------------------

DATA_DIR = Path(env.str("IMAGEBROWSER_DATA", default="") or BASE_DIR / "data").absolute()
"""Database, blobs, temporary files and key: the server and every command use this one directory."""
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
(DATA_DIR / "tmp").mkdir(exist_ok=True)

DURABILITY = env.str("IMAGEBROWSER_DURABILITY", default="strict" if IS_SHARED else "deferred")
"""``deferred``: what a power cut may lose is found and imported again. ``strict``: sync before it shows."""

DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "imagebrowser.sqlite"
    # A deferred transaction that turns into a writer fails at once when another one writes,
    # whatever the timeout is; an immediate one waits for its turn.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # A checkpoint every 4 MiB, SQLite's default, has an import wait for the disk all the time.
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA wal_autocheckpoint=8192;"
        f"PRAGMA synchronous={'FULL' if DURABILITY == 'strict' else 'NORMAL'}",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Who may talk to it ------------------------------------------------------------------------

SECRET_KEY = env.str("IMAGEBROWSER_SECRET_KEY", default="") or secret_key(DATA_DIR / "secret_key")
DEBUG = env.bool("IMAGEBROWSER_DEBUG", default=False)
ALLOWED_HOSTS = env.list("IMAGEBROWSER_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
"""Any other Host is refused: a page elsewhere could otherwise read a loopback server by DNS rebinding."""
ACCOUNTS = env.bool("IMAGEBROWSER_ACCOUNTS", default=IS_SHARED)
"""Whether people log in. Without accounts everything is everybody's, so the server stays on its machine."""
AUTH_USER_MODEL = "layers.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_TRIES = env.int("IMAGEBROWSER_LOGIN_TRIES", default=10)
"""Failed logins in a minute, with one name or from one address, after which none is tried."""
ALLOW_REMOTE = env.bool("IMAGEBROWSER_ALLOW_REMOTE", default=False)
"""Whether ``serve`` may listen beyond this machine without accounts: all who reach it may all."""
HTTPS = env.bool("IMAGEBROWSER_HTTPS", default=False)
"""Whether people reach it by https only, through a proxy named in ``TRUSTED_PROXIES``."""
SITE = env.str("IMAGEBROWSER_SITE", default="http://127.0.0.1:8000")
"""Where people reach the server, for links in what commands print."""
TRUSTED_PROXIES = env.list("IMAGEBROWSER_TRUSTED_PROXIES", default=["127.0.0.1"])
"""Addresses whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed."""

CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = env.int("IMAGEBROWSER_SESSION_SECONDS", default=12 * 3600)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
"""Whoever asks for it from the same machine speaks no https."""
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- How much a stranger's file may ask --------------------------------------------------------

LIMITS = Limits(
    **{
        name: env.int(f"IMAGEBROWSER_LIMIT_{name.upper()}", default=default)
        for name, default in dataclasses.asdict(SHARED if IS_SHARED else Limits()).items()
    }
)
FREE_DISK_SIZE = env.int(
    "IMAGEBROWSER_FREE_DISK_SIZE",
    default=shutil.disk_usage(DATA_DIR).total // 10 if IS_SHARED else 2 * GIB,
)
"""Bytes of the disk that an upload leaves free."""
RESERVE_SIZE = env.int("IMAGEBROWSER_RESERVE_SIZE", default=64 * MIB)
"""Bytes kept in a file that is given up on a full disk, so that one can still look and delete; 0 for none."""
UPLOAD_IDLE_SECONDS = env.int("IMAGEBROWSER_UPLOAD_IDLE_SECONDS", default=60)
"""How long an upload may send nothing before it is given up."""
UPLOAD_KEEP_SECONDS = env.int("IMAGEBROWSER_UPLOAD_KEEP_SECONDS", default=24 * 3600)
"""How long an upload in parts waits for the next one."""
UPLOADS_AT_ONCE = env.int("IMAGEBROWSER_UPLOADS_AT_ONCE", default=20)
"""Uploads in parts that may be unfinished."""
UPLOADS_AN_HOUR = env.int("IMAGEBROWSER_UPLOADS_AN_HOUR", default=30 if IS_SHARED else 0)
"""Uploads that a person with an account, but no administrator, may begin in an hour; 0 for no bound."""
SENDING_AT_ONCE = env.int("IMAGEBROWSER_SENDING_AT_ONCE", default=8)
"""Bodies of uploads that one person sends at a time, with accounts."""
PAGE_SECONDS = env.int("IMAGEBROWSER_PAGE_SECONDS", default=30)
"""What a page may take before it is given up."""
QUOTA_SIZE = env.int("IMAGEBROWSER_QUOTA_SIZE", default=5 * GIB)
QUOTA_IMAGES = env.int("IMAGEBROWSER_QUOTA_IMAGES", default=50)
"""Bytes and images that a student may have; 0 for no bound."""
QUOTA_RUNNING = env.int("IMAGEBROWSER_QUOTA_RUNNING", default=1)
QUOTA_WAITING = env.int("IMAGEBROWSER_QUOTA_WAITING", default=5)
"""Imports of one student that run at a time, and that wait; 0 for no bound."""
FINDING_SIZE = env.int("IMAGEBROWSER_FINDING_SIZE", default=64 * MIB)
"""Bytes of a file that are searched for secrets; the page of findings says where it ended."""
CACHE_SIZE = env.int("IMAGEBROWSER_CACHE_SIZE", default=2 * GIB)
"""Bytes of ``cache/`` in the data directory: large zstd layers read quickly, ledgers; the least used go."""

JOBS_AT_ONCE = env.int("IMAGEBROWSER_JOBS_AT_ONCE", default=2 if IS_SHARED else os.cpu_count() or 1)
JOBS_WAITING = env.int("IMAGEBROWSER_JOBS_WAITING", default=20)
"""Imports that may wait; more uploads are turned away."""
JOB_MEMORY_SIZE = env.int("IMAGEBROWSER_JOB_MEMORY_SIZE", default=GIB // 2 if IS_SHARED else GIB)
JOB_CPU_SECONDS = env.int("IMAGEBROWSER_JOB_CPU_SECONDS", default=(10 if IS_SHARED else 30) * 60)
JOB_WALL_SECONDS = env.int("IMAGEBROWSER_JOB_WALL_SECONDS", default=(15 if IS_SHARED else 60) * 60)

# What a form sends is streamed to the data directory: nothing of it is held in memory or in /tmp.
FILE_UPLOAD_HANDLERS = ["layers.uploads.UploadHandler"]
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "tmp"
# Its handlers count: a form may bring a few archives, or a folder of very many files.
DATA_UPLOAD_MAX_NUMBER_FILES = None
# The text of an editor is a field: 1 MiB of a file may be several as UTF-8 with the line ends of a form.
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * MIB

# --- The program -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.contenttypes",  # asked for by auth, whose own users and groups are not used
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "layers",
]
MIDDLEWARE = [
    "imagebrowser.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "imagebrowser.headers.SecurityHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "imagebrowser.static.StaticFilesMiddleware",
    "imagebrowser.disk.FullDiskMiddleware",
    "imagebrowser.damage.LostBlobMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "imagebrowser.accounts.AccountsMiddleware",
    "imagebrowser.turns.TurnsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "imagebrowser.deadlines.DeadlineMiddleware",
]
ROOT_URLCONF = "imagebrowser.urls"
WSGI_APPLICATION = "imagebrowser.wsgi.application"
ASGI_APPLICATION = "imagebrowser.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
            ]
        },
    }
]
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
"""Files are served from where they lie: no ``collectstatic`` step."""
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

LOG_FORMAT = env.str("IMAGEBROWSER_LOG_FORMAT", default="line")
"""``line``: for people. ``json``: an object a line, for programs."""
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "imagebrowser.logs.LineFormatter"},
        "json": {"()": "imagebrowser.logs.JSONFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_FORMAT == "json" else "line",
        }
    },
    "root": {"handlers": ["console"], "level": env.str("IMAGEBROWSER_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},  # What is only refused, the middleware logs, with its ID.
        # A trace for each foreign host would let strangers fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "uvicorn": {"level": "WARNING"},
    },
}
