"""The same without what observes: no request id, no line in the log, no metrics."""

from benchmarks.web.settings import *  # noqa: F403 - all of them
from benchmarks.web.settings import MIDDLEWARE as OBSERVED

MIDDLEWARE = [name for name in OBSERVED if name != "config.observing.Observing"]
