"""The environment, typed and checked once. Only this module knows the names of the variables.

A composition root calls ``CoreSettings.from_environ(os.environ)`` when it is built; nothing reads the
environment at import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

__all__ = ["CoreSettings", "LogLevel", "SettingsError"]

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

_STAGE = re.compile(r"[a-z][a-z0-9]{1,11}\Z")
_URL = re.compile(r"https?://[^\s/]+\S*\Z")
_REDIS_URL = re.compile(r"(rediss?|valkeys?|unix)://\S+\Z")
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+\Z")
_NAMES = re.compile(r"[a-z][a-z0-9-]*(,[a-z][a-z0-9-]*)*\Z")


class SettingsError(Exception):
    """The environment cannot be used; the message names every variable at fault and never shows a value."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{name} {problem}" for name, problem in sorted(problems.items())))


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """What every function is told. Empty text means "not set" throughout."""

    stage: str
    table_prefix: str
    event_bus: str
    documents_bucket: str
    failures_bucket: str
    oidc_issuer: str
    oidc_audience: str
    service: str
    exports_bucket: str = ""
    oidc_jwks_uri: str = ""
    redis_url: str = ""
    redis_password_parameter: str = ""
    cursor_secret: str = field(default="", repr=False)
    cursor_secret_parameter: str = ""
    log_level: LogLevel = "INFO"
    permissions_file: str = "permissions.json"
    aws_region: str = "eu-central-1"
    aws_endpoint_url: str = ""
    tenant_role_arn: str = ""
    """The role that this function assumes for each tenant; empty: it works with its own."""
    tenant_tables: tuple[str, ...] = ()
    tenant_lookup_tables: tuple[str, ...] = ()
    """Base names of the tables that the role is about."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> CoreSettings:
        """Reads every variable, then raises one ``SettingsError`` that names all that are missing or
        invalid.
        """
        problems: dict[str, str] = {}

        def text(name: str, pattern: re.Pattern[str] | None = None, *, default: str | None = None) -> str:
            value = environ.get(name, "").strip()
            if not value:
                if default is None:
                    problems[name] = "is missing"
                return default or ""
            if pattern is not None and pattern.match(value) is None:
                problems[name] = "is not valid"
            return value

        def names(name: str) -> tuple[str, ...]:
            return tuple(filter(None, text(name, _NAMES, default="").split(",")))

        level = text("LOG_LEVEL", default="INFO").upper()
        if level not in get_args(LogLevel):
            problems["LOG_LEVEL"] = f"is not one of {', '.join(get_args(LogLevel))}"
        settings = cls(
            stage=text("STAGE", _STAGE),
            table_prefix=text("TABLE_PREFIX"),
            event_bus=text("EVENT_BUS"),
            documents_bucket=text("DOCUMENTS_BUCKET"),
            failures_bucket=text("FAILURES_BUCKET"),
            oidc_issuer=text("OIDC_ISSUER", _URL),
            oidc_audience=text("OIDC_AUDIENCE"),
            service=text("SERVICE"),
            exports_bucket=text("EXPORTS_BUCKET", default=""),
            oidc_jwks_uri=text("OIDC_JWKS_URI", _URL, default=""),
            redis_url=text("REDIS_URL", _REDIS_URL, default=""),
            redis_password_parameter=text("REDIS_PASSWORD_PARAMETER", default=""),
            cursor_secret=text("CURSOR_SECRET", default=""),
            cursor_secret_parameter=text("CURSOR_SECRET_PARAMETER", default=""),
            log_level=cast(LogLevel, level),
            permissions_file=text("PERMISSIONS_FILE", default="permissions.json"),
            aws_region=text(
                "AWS_REGION", default=environ.get("AWS_DEFAULT_REGION", "").strip() or "eu-central-1"
            ),
            aws_endpoint_url=text("AWS_ENDPOINT_URL", _URL, default=""),
            tenant_role_arn=text("TENANT_ROLE_ARN", _ROLE_ARN, default=""),
            tenant_tables=names("TENANT_TABLES"),
            tenant_lookup_tables=names("TENANT_LOOKUP_TABLES"),
        )
        if not settings.cursor_secret and not settings.cursor_secret_parameter:
            problems["CURSOR_SECRET"] = "is missing, and so is CURSOR_SECRET_PARAMETER"  # noqa: S105  a message
        if settings.tenant_role_arn and not (settings.tenant_tables or settings.tenant_lookup_tables):
            problems["TENANT_TABLES"] = "is missing, and so is TENANT_LOOKUP_TABLES"
        if problems:
            raise SettingsError(problems)
        return settings
