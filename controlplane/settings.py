"""Every setting, read once from the environment (each also as NAME_FILE). No business rules here.

`.env.example` lists what may be set. Without any, everything lives in `var/` and no broker is rung.
A wrong one ends the process with one line.
"""

import logging
import re
import secrets
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import environ
import structlog
from csp import constants as csp
from django.contrib.messages import constants as message_levels

from controlplane.environment import Settings, stop
from controlplane.logs import without_probes, without_stack
from transactions import targets
from workflows.arns import account_of

BASE_DIR = Path(__file__).resolve().parent.parent
# Its page and files, but not the app: only web has operations, and every worker would have to import it.
NINJA = Path(str(find_spec("ninja").origin)).parent  # type: ignore[union-attr]
environ.Env.read_env(BASE_DIR / ".env")
env = Settings()

VAR_DIR = Path(env.text("SIGNALBOX_VAR", str(BASE_DIR / "var")))

# ---- Django

PRODUCTION = env.flag("SIGNALBOX_PRODUCTION", default=False)
DEBUG = False
# Outside production a process without a key makes one for itself. In production that would end everybody's session.
SHORTEST_KEY = 50
# What is signed is signed with the first; the others still vouch for what was.
SECRET_KEYS = env.words("SECRET_KEY")
if PRODUCTION and (not SECRET_KEYS or any(len(key) < SHORTEST_KEY for key in SECRET_KEYS)):
    stop(f"SECRET_KEY is missing or shorter than {SHORTEST_KEY} characters; docs/operating.md says how to make one.")
FEWEST_CHARACTERS = 10  # different ones; a key drawn by chance has many more
if PRODUCTION and any(len(set(key)) < FEWEST_CHARACTERS for key in SECRET_KEYS):
    stop("SECRET_KEY must be drawn by chance; docs/operating.md says how to make one.")
SECRET_KEY, *SECRET_KEY_FALLBACKS = SECRET_KEYS or [secrets.token_urlsafe(48)]
# What rows keep secret is encrypted with the first; the others still decrypt. Outside production, without any, one is
# kept in VAR_DIR.
ENCRYPTION_KEYS = env.words("SIGNALBOX_ENCRYPTION_KEYS")
if not all(re.fullmatch(r"[A-Za-z0-9_-]{43}=", key) for key in ENCRYPTION_KEYS) or (PRODUCTION and not ENCRYPTION_KEYS):
    stop("SIGNALBOX_ENCRYPTION_KEYS must be keys between commas, as docs/operating.md says how to make one.")
if PRODUCTION and any(len(set(key)) < FEWEST_CHARACTERS for key in ENCRYPTION_KEYS):
    stop("SIGNALBOX_ENCRYPTION_KEYS must be drawn by chance; docs/operating.md says how to make one.")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ("127.0.0.1", "localhost", "[::1]"))
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
if PRODUCTION and (not env.text("ALLOWED_HOSTS").strip() or "*" in ALLOWED_HOSTS):
    stop("ALLOWED_HOSTS must name hosts in production, and not *.")
if any("/" in host for host in ALLOWED_HOSTS):
    stop("ALLOWED_HOSTS must be names such as signalbox.example.com, without https://.")
if not all(origin.startswith(("https://", "http://")) for origin in CSRF_TRUSTED_ORIGINS):
    stop("CSRF_TRUSTED_ORIGINS must be addresses such as https://signalbox.example.com.")
ROOT_URLCONF = "controlplane.urls"
WSGI_APPLICATION = "controlplane.wsgi.application"
AUTHENTICATION_BACKENDS = ["workflows.permissions.OneQueryBackend"]
AUTH_USER_MODEL = "workflows.User"
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_structlog",
    "workflows",
    "transactions",
    "controlplane",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "controlplane.middleware.ContentPolicy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Behind it: static files are compressed already. A page's one secret, the CSRF token, is masked anew each time.
    "django.middleware.gzip.GZipMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "controlplane.middleware.RequestId",
    "django.middleware.common.CommonMiddleware",
    "controlplane.middleware.MethodProblems",
    "controlplane.middleware.Unmeasured",
    "controlplane.middleware.StraightToApi",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "controlplane.middleware.SignInRequired",
    "controlplane.middleware.SameEnvironment",
    "controlplane.middleware.ViewersZone",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates", NINJA / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["workflows.templatetags.csrf"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "controlplane.context.shell",
            ],
        },
    },
]

# ---- where things are kept

DATABASES = {
    "default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'signalbox.sqlite3'}", is_needed=PRODUCTION)
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"]["ENGINE"] = "controlplane.postgresql"
DATABASES["default"]["ATOMIC_REQUESTS"] = False
DATABASES["default"]["CONN_MAX_AGE"] = env.number("CONN_MAX_AGE", 60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# How long a page waits for an answer of PostgreSQL before it says that the database is away; workers thrice as long.
DATABASE_PATIENCE_S = env.number("SIGNALBOX_DATABASE_PATIENCE_SECONDS", 10)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.broker("REDIS_URL", is_needed=PRODUCTION)

# Requests a second that each API token may make, ten seconds' worth of them at once; 0: as many as it likes.
API_RATE = env.number("SIGNALBOX_API_RATE", 300)

# ---- time and language

# A definition of 1 MiB, as AWS takes, has room in a form; what an input is too large for is told at its field.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
FORMAT_MODULE_PATH = "controlplane.formats"

# ---- static files

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
FRONTEND_DIST = BASE_DIR / "controlplane" / "frontend" / "dist"
STATICFILES_DIRS = [d for d in [FRONTEND_DIST, NINJA / "static"] if d.exists()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "controlplane.storage.StaticStorage"},
}

# ---- what a browser is told, on every answer

# How many proxies of ours stand before the web process; each adds the address it was asked from.
PROXIES = env.number("SIGNALBOX_PROXIES", 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
# Whether all subdomains are HTTPS, and are to be preloaded, is for the domain's owner to say; plain HTTP is sent on to
# HTTPS by the proxy that ends TLS.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
MESSAGE_TAGS = {message_levels.ERROR: "danger"}
CSRF_FAILURE_VIEW = "controlplane.views.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.SELF],
        "img-src": [csp.SELF, "data:"],  # icons inside tabler's own style sheet
        "object-src": [csp.NONE],
        "base-uri": [csp.NONE],
        "form-action": [csp.SELF],
        "frame-ancestors": [csp.NONE],
    }
}

# ---- the queue: a doorbell only, so nothing may wait for it long

# Celery writes a unix socket's address its own way.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=") or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "fast"
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 270
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: meanwhile rounds are made
# The time limit is below the visibility timeout, or Redis would hand a running task out again.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}

# ---- hooks

# Where this installation is reached, for the addresses that messages name.
PUBLIC_URL = env.address("SIGNALBOX_URL", "http://127.0.0.1:8000", ("http", "https")).rstrip("/")
# Hooks may lead to these places though they are not public, and without TLS.
try:
    HOOK_PLACES = [targets.parse_place(word) for word in env.words("SIGNALBOX_HOOK_PLACES")]
except ValueError:
    stop("SIGNALBOX_HOOK_PLACES must be places between commas, such as receiver.internal:8443 or 127.0.0.1:9000-9999.")

# ---- AWS, seen by workers only

# The embedded AWS listens here; environments that are not embedded never use it.
EMBEDDED_AWS_ENDPOINT_URL = env.address("SIGNALBOX_AWS_ENDPOINT_URL", "", ("http", "https"))

# What it is able to do depends on these two; it has the PATH that this process has.
EMBEDDED_AWS_IS_MENDED = env.flag("SIGNALBOX_EMBEDDED_MENDS", default=True)
EMBEDDED_AWS_HAS_NODE = shutil.which("node") is not None
EMBEDDED_AWS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"  # its environment is made with the same

# How long a worker may hold a row before another may take it.
LEASE_SECONDS = env.number("SIGNALBOX_LEASE_SECONDS", 30, least=1, most=86_400)

# Workers look for work themselves when the broker is silent.
ROUNDS = env.flag("SIGNALBOX_ROUNDS", default=True)

# Where a worker tells Prometheus of its calls to AWS; 0: nowhere.
METRICS_PORT = env.number("SIGNALBOX_METRICS_PORT", 0, most=65_535)

# Makes the environment `default` once, and is not read after that.
DEFAULT_ENVIRONMENT = {
    "title": env.matching(
        "SIGNALBOX_ENVIRONMENT_TITLE",
        "Embedded" if EMBEDDED_AWS_ENDPOINT_URL else "Default",
        r".{1,80}",
        "a line of at most 80 characters",
    ),
    "is_embedded": bool(EMBEDDED_AWS_ENDPOINT_URL),
    "is_production": PRODUCTION,
    "region": env.matching("SIGNALBOX_AWS_REGION", "us-east-1", r"[a-z]{2}(-[a-z]+)+-\d", "a region such as us-east-1"),
    "account_id": env.matching("SIGNALBOX_AWS_ACCOUNT_ID", "", r"\d{12}", "twelve digits"),
    "role_arn": env.matching(
        "SIGNALBOX_AWS_ROLE_ARN",
        "",
        r"(?=.{,200}$)arn:aws[a-z-]*:iam::\d{12}:role/.+",
        "the ARN of a role, of at most 200 characters",
    ),
    "external_id": env.matching(
        "SIGNALBOX_AWS_EXTERNAL_ID", "", r"[\w+=,.@:/-]{2,200}", "2 to 200 letters, digits and + = , . @ : / - _"
    ),
    "name_prefix": env.matching(
        "SIGNALBOX_AWS_NAME_PREFIX", "signalbox-", r"[A-Za-z0-9_-]{1,24}", "at most 24 letters, digits, - and _"
    ),
    "permissions_boundary": env.matching(
        "SIGNALBOX_AWS_PERMISSIONS_BOUNDARY",
        "",
        r"(?=.{,200}$)arn:aws[a-z-]*:iam::(\d{12}|aws):policy/.+",
        "the ARN of a policy, of at most 200 characters",
    ),
}
if DEFAULT_ENVIRONMENT["account_id"] and account_of(str(DEFAULT_ENVIRONMENT["role_arn"])) not in (
    "",
    DEFAULT_ENVIRONMENT["account_id"],
):
    stop("SIGNALBOX_AWS_ACCOUNT_ID is another account than that of SIGNALBOX_AWS_ROLE_ARN.")

# ---- logs: one line an event; JSON unless a person reads along

# Which of the addresses a request names is to be believed depends on the proxies: `RequestId` logs it.
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# A doorbell carries the id of the request that rang it. What each second brings is not worth a line.
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG
LOG_FORMAT = env.one_of("SIGNALBOX_LOG_FORMAT", "json" if PRODUCTION else "text", ("json", "text"))
# Nothing but objects of JSON: what Python itself warns of becomes a line like any other.
logging.captureWarnings(LOG_FORMAT == "json")
_SHARED_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_stack,
    structlog.processors.format_exc_info,
]
structlog.configure(
    # First of all: what nobody will read is not made.
    processors=[
        structlog.stdlib.filter_by_level,
        without_probes,
        *_SHARED_PROCESSORS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _SHARED_PROCESSORS,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer()
                if LOG_FORMAT == "json"
                else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0),
            ],
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # Each would say of every doorbell that it rang: hundreds of lines a minute of which nobody wants one.
    "loggers": {
        **{
            name: {"level": "WARNING"}
            for name in ("celery.beat", "celery.worker.strategy", "celery.app.trace", "kombu")
        },
        # A doorbell that is older than what it rang for has done no harm by not being heard.
        "django_structlog.celery.receivers": {"level": "ERROR"},
    },
    "root": {
        "handlers": ["stderr"],
        "level": env.one_of("SIGNALBOX_LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
    },
}
