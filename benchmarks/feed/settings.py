"""The project's settings with the addresses that exist only for the benchmark."""

from config.settings import *  # noqa: F403 - all of them

ROOT_URLCONF = "benchmarks.feed.urls"
