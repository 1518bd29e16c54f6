"""The only settings module. The environment is read once, here; the default is the safe value.

`DEVELOPMENT=1` (set by `manage.py` where no DATABASE_URL is given) allows the embedded servers
and development secrets. Every other start is production and must name its secrets.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

from config import cdns, env, logs, storages, vendors

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = Path(env.text("LOCAL_DIR", str(BASE_DIR / ".local")))
DEVELOPMENT = env.flag("DEVELOPMENT")
DEBUG = False
BRAND = env.text("BRAND", "BrightByte")
VERSION = env.text("VERSION", "0.1.0")


def _secret(name: str) -> str:
    return env.secret(
        name, development=f"development-only-{name.lower()}-0123456789abcdef" if DEVELOPMENT else None
    )


# ----------------------------------------------------------------------------- keys (08, J10: all different)
SECRET_KEY = _secret("SECRET_KEY")
TOKEN_SIGNING_KEY = _secret("TOKEN_SIGNING_KEY")
TOKEN_ROTATION_KEY = _secret("TOKEN_ROTATION_KEY")
MEDIA_SIGNING_KEY = _secret("MEDIA_SIGNING_KEY")
CURSOR_SIGNING_KEY = _secret("CURSOR_SIGNING_KEY")
ANALYTICS_KEY = _secret("ANALYTICS_KEY")  # what each sink knows of a student is an HMAC
TOMBSTONE_KEY = _secret("TOMBSTONE_KEY")  # never changes: a restored backup is compared by it
FIELD_INDEX_KEY = _secret("FIELD_INDEX_KEY")
FIELD_KEYS = env.key_ring(  # of encrypted columns (students.encryption)
    "FIELD_KEYS", development="1:ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMDEyMzQ=" if DEVELOPMENT else None
)
FIELD_KEY_ID = next(iter(FIELD_KEYS))

# ----------------------------------------------------------------------------- web
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver" if DEVELOPMENT else "")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
NUM_PROXIES = env.whole("NUM_PROXIES", 0, low=0, high=10)
IS_NUM_PROXIES_SAID = bool(env.text("NUM_PROXIES"))  # config.checks: a deployment says it
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=not DEVELOPMENT)
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if NUM_PROXIES else None
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEVELOPMENT
SECURE_HSTS_PRELOAD = not DEVELOPMENT
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = not DEVELOPMENT
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = not DEVELOPMENT
CSRF_COOKIE_SAMESITE = "Strict"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
REQUEST_BODY_LIMIT = 1_000_000  # bytes of an API request

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",  # config/urls.py finds its modules
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "csp",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "analytics",
    "students",
    "videos",
    "quizzes",
    "feed",
    "pipeline",
    "studio",
    "config.apps.ConfigApp",
]
MIDDLEWARE = [
    "config.observing.Observing",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "studio.auditing.TraceMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.health.Probes",  # above what asks for a host or a session, below what names and guards an answer
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "students.denials.NoteDenials",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
# ----------------------------------------------------------------------------- delivery, see docs/delivery.md
MEDIA_ORIGIN = env.text("MEDIA_ORIGIN")  # https://media.example.org; "": this server's own /media/
CLOUDFRONT = cdns.read_cloudfront()
STREAM = cdns.read_stream()
CDN_ORDER = cdns.read_order(has_stream=bool(STREAM), has_cloudfront=bool(CLOUDFRONT))
MEDIA_HOSTS = list(filter(None, (MEDIA_ORIGIN, CLOUDFRONT.get("origin"), STREAM.get("origin"))))

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", *MEDIA_HOSTS],
        "media-src": [
            "'self'",
            "blob:",
            "data:",
            *MEDIA_HOSTS,
        ],  # data: the empty track of hls.js for captions
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'", *MEDIA_HOSTS],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# ----------------------------------------------------------------------------- database, cache, broker
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", "postgresql:///microlearning" if DEVELOPMENT else "")
}
DATABASES["default"] |= {
    "CONN_MAX_AGE": 0,  # the pool keeps connections
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        # `make_video` works with PIPELINE_PARALLEL threads and one that waits for them.
        "pool": {
            "min_size": 1,
            "max_size": max(env.whole("DATABASE_POOL_SIZE", 4, low=1), env.whole("PIPELINE_PARALLEL", 2) + 2),
            "timeout": 5,  # seconds; then the answer is 503 and when to ask again
        },
        "server_side_binding": True,
        "prepare_threshold": 2,
        "options": " ".join(
            (
                f"-c statement_timeout={env.whole('STATEMENT_TIMEOUT_MS', 5000)}",
                f"-c lock_timeout={env.whole('LOCK_TIMEOUT_MS', 3000)}",
                "-c idle_in_transaction_session_timeout=10000",
            )
        ),
    },
}
# The specification's idx_quiz_responses_student_time has 31 characters; PostgreSQL allows 63.
SILENCED_SYSTEM_CHECKS = ["models.E034"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.secret("REDIS_URL", development="redis://127.0.0.1:6379/0" if DEVELOPMENT else None)
BROKER_URL = env.text("BROKER_URL", REDIS_URL)
CACHE_TIMEOUT_MS = env.whole("CACHE_TIMEOUT_MS", 50, low=1, high=5000)
# Redis down means slower, never an error (03). Two clients, each with its prefix, as neither can read the
# other's values (decision 0010). Both are one Redis database: emptying one empties the other.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "TIMEOUT": 300,
        "KEY_PREFIX": "django-v1",
        "OPTIONS": {
            "IGNORE_EXCEPTIONS": True,
            "REDIS_CLIENT_CLASS": "config.breaker.GuardedRedis",
            "SOCKET_CONNECT_TIMEOUT": CACHE_TIMEOUT_MS / 1000,
            "SOCKET_TIMEOUT": CACHE_TIMEOUT_MS / 1000,
            "CONNECTION_POOL_CLASS": "redis.BlockingConnectionPool",
            "CONNECTION_POOL_KWARGS": {
                "max_connections": 16,
                "timeout": CACHE_TIMEOUT_MS / 1000,
                "retry": Retry(NoBackoff(), 0),  # by default ten times, which is seconds
            },
        },
    },
    "fast": {  # what every request asks: pages, films, limits (students.caching)
        "BACKEND": "config.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "TIMEOUT": 300,
        "KEY_PREFIX": "fast-v1",
        "OPTIONS": {"TIMEOUT_MS": CACHE_TIMEOUT_MS},
    },
}

# ----------------------------------------------------------------------------- Celery (09, section 3)
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TRACK_STARTED = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits as long as the broker is away
CELERY_WORKER_CONSUMER = "config.reconnecting:Consumer"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1800,
    "unacked_restore_interval": 2,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    # A send to a broker that is away gives up at once: the sweep rings again.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
}
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "pipeline.tasks.run_step": {"queue": "text"},  # the bell names the queue of each run
    "analytics.tasks.deliver": {"queue": "analytics"},  # the only worker that may reach the vendor
    # Only this queue's worker may reach CDNs (08, section 8).
    "videos.tasks.send_outgoing": {"queue": "analytics"},
    "videos.tasks.probe_cdns": {"queue": "analytics"},
    "config.tasks.probe_certificates": {"queue": "analytics"},
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

# ----------------------------------------------------------------------------- people
AUTH_USER_MODEL = "studio.Creator"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
AXES_USERNAME_FORM_FIELD = "email"  # the credential that every sign-in of the studio passes, not its label
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "studio.lockout.LockoutHandler"
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_TEMPLATE = "studio/locked_out.html"
AXES_VERBOSE = False
ACCOUNT_ADAPTER = "studio.signing_in.AccountAdapter"
ACCOUNT_FORMS = {"login": "studio.signing_in.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True  # as long as SESSION_COOKIE_AGE, and no longer
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_ADAPTER = "studio.signing_in.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
STUDIO_SECOND_FACTOR = env.flag("STUDIO_SECOND_FACTOR", default=not DEVELOPMENT)  # decision 0016

# ----------------------------------------------------------------------------- mail to people of the studio
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.whole("EMAIL_PORT", 587, low=1, high=65_535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "studio@localhost")
# Without a relay the bell alone tells the news; while developing, letters are printed.
EMAIL_BACKEND = "django.core.mail.backends." + (
    "smtp.EmailBackend" if EMAIL_HOST else "console.EmailBackend" if DEVELOPMENT else "dummy.EmailBackend"
)

# ----------------------------------------------------------------------------- language and time
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# ----------------------------------------------------------------------------- files
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(LOCAL_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(LOCAL_DIR / "media")))
WORK_DIR = Path(env.text("WORK_DIR", str(LOCAL_DIR / "work")))  # scratch space of running steps
STORAGES = {
    **storages.read_storages(MEDIA_ROOT),
    # The image is built without a deployment's secrets, yet with the manifest that its pages read.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    if env.flag("STATIC_MANIFEST", default=not DEVELOPMENT)
    else {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEVELOPMENT
WHITENOISE_AUTOREFRESH = False

BACKUP_DIR = Path(env.text("BACKUP_DIR")) if env.text("BACKUP_DIR") else None  # where dumps are kept

# ----------------------------------------------------------------------------- pipeline
PIPELINE_PROVIDERS: dict[str, dict[str, Any]] = vendors.read_providers()
PROVIDER_HOSTS = env.names("PROVIDER_HOSTS")  # outside hosts besides the vendors' own
PROVIDER_PRIVATE_HOSTS = env.names("PROVIDER_PRIVATE_HOSTS")  # may be plain HTTP and on a private address
VENDOR_TERMS = env.texts("VENDOR_TERMS")  # for the public notice: "host: region, zero retention agreed; …"
PRICES_FILE = env.text("PRICES_FILE")  # your own prices, before those of pipeline/providers/prices.toml
PIPELINE_ATTEMPTS = 5  # claims of one run before it fails
PIPELINE_PARALLEL = env.whole("PIPELINE_PARALLEL", 2, low=1, high=64)  # runs at once in one process
PIPELINE_BUDGETS = {  # US dollars; days are UTC
    "project": Decimal(env.text("BUDGET_PROJECT", "5")),
    "creator_day": Decimal(env.text("BUDGET_CREATOR_DAY", "50")),
    "provider_day": Decimal(env.text("BUDGET_PROVIDER_DAY", "200")),
}

# ----------------------------------------------------------------------------- API
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["config.api.Refuse"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["students.throttles.Throttle"],
    "EXCEPTION_HANDLER": "config.api.problem_response",
    "NUM_PROXIES": NUM_PROXIES,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{BRAND} API",
    "DESCRIPTION": "Short educational films for children: the student's and the creator's side.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        "FilmReportKind": "videos.models.FilmReport.Kind",
        "OpinionKind": ["not_interested", "more"],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}
ACCESS_TOKEN_SECONDS = 600
REFRESH_IDLE = timedelta(days=7)
REFRESH_COOKIE_SECURE = not DEVELOPMENT
SESSION_LIMIT = timedelta(days=30)
CREATOR_SESSION_LIMIT = timedelta(hours=12)
MEDIA_TOKEN_SECONDS = 600
MEDIA_SIGNING_KEY_FORMER = env.text("MEDIA_SIGNING_KEY_FORMER")  # still valid while a new key takes over
REPORTS_TO_PAUSE = env.whole("REPORTS_TO_PAUSE", 3, low=0, high=1000)  # children; 0: no film is paused
FEED_PAGE_SIZE = 10
FEED_CACHE_SECONDS = 300
VIDEO_CACHE_SECONDS = 3600

# ----------------------------------------------------------------------------- analytics (08, section 6)
AMPLITUDE_API_KEY = env.text("AMPLITUDE_API_KEY")  # "": nothing leaves, whatever anybody has consented to
AMPLITUDE_SECRET_KEY = env.text("AMPLITUDE_SECRET_KEY")  # for deletions
AMPLITUDE_ZONE = env.text("AMPLITUDE_ZONE", "EU")
AMPLITUDE_URL = env.text("AMPLITUDE_URL")  # "": the zone's own
AMPLITUDE_DELETION_URL = env.text("AMPLITUDE_DELETION_URL")

# ----------------------------------------------------------------------------- logs
LOGGING = logs.configure(
    level=env.text("LOG_LEVEL", "INFO"),
    as_json=env.flag("LOG_JSON", default=not DEVELOPMENT),
)
METRICS_PORT = env.whole("METRICS_PORT", 0, low=0, high=65535)  # 0: metrics are not served
SENTRY_DSN = env.text("SENTRY_DSN")  # "": nothing leaves
OTEL_ENDPOINT = env.text("OTEL_EXPORTER_OTLP_ENDPOINT")  # "": no traces
TRACE_SHARE = env.number("TRACE_SHARE", 0.05, low=0, high=0.1)
