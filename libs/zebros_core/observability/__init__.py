"""Logs and metrics that say for which tenant and request they are."""

from zebros_core.observability.logger import JsonFormatter, bind, configure_logging, log_context
from zebros_core.observability.metrics import Metrics, NullMetrics

__all__ = ["JsonFormatter", "Metrics", "NullMetrics", "bind", "configure_logging", "log_context"]
