"""The project's settings as in production, with the addresses that exist only for the benchmark."""

from config.settings import *  # noqa: F403 - all of them

ROOT_URLCONF = "benchmarks.web.urls"
