"""The environment of this service, typed and read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast

from zebros_core.cache import Layer
from zebros_core.settings import CoreSettings, SettingsError

_WHOLE = re.compile(r"[1-9][0-9]{0,5}\Z")

LAYERS: Mapping[str, Layer] = {
    "report": Layer(ttl_seconds=3600, stale_seconds=60, missing_seconds=1, max_body_bytes=1_048_576),
}
"""The cache layers: reports that are made, which never change."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the functions and tasks of this service are told."""

    core: CoreSettings
    transfers_bucket: str = ""
    reports_bucket: str = ""
    backups_bucket: str = ""
    machine_arn_prefix: str = ""
    """What the ARN of each kind's state machine begins with; the kind follows."""
    large_work: Literal["fargate", "lambda"] = "lambda"
    lease: timedelta = timedelta(seconds=60)
    beat: timedelta | None = None
    """How often a worker renews its lease while a batch is under way; None: with its checkpoints only."""
    jobs_at_once: int = 3
    """How many jobs of one tenant run at the same time; the others wait."""
    batch_rows: int = 500
    """Rows of an import that are sent together, and counted by one checkpoint."""
    batches_at_once: int = 2
    """How many batches of an import are with the owner of its records at a time; with 0 the worker waits for each."""
    signing_key: str = ""
    """Id or alias of the key that signs certificates."""
    data_key: str = ""
    """Id or alias of the key under which tenants' data keys are made."""
    mail_from: str = ""
    """`Name <address>` or an address; without one no mail is sent."""
    mail_configuration_set: str = ""
    web_url: str = ""
    due_queue_arn: str = ""
    due_dead_letters_arn: str = ""
    schedule_group: str = ""
    schedule_role_arn: str = ""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment. Raises SettingsError naming every variable that is missing or invalid."""
        problems: dict[str, str] = {}

        def text(name: str) -> str:
            return environ.get(name, "").strip()

        def number(name: str, default: int) -> int:
            value = text(name) or str(default)
            if not _WHOLE.match(value):
                problems[name] = "is not a whole number from 1 on"
                return default
            return int(value)

        large_work = text("LARGE_WORK") or "lambda"
        if large_work not in ("fargate", "lambda"):
            problems["LARGE_WORK"] = "is neither fargate nor lambda"
        settings = cls(
            CoreSettings.from_environ(environ),
            transfers_bucket=text("TRANSFERS_BUCKET"),
            reports_bucket=text("REPORTS_BUCKET"),
            backups_bucket=text("BACKUPS_BUCKET"),
            machine_arn_prefix=text("MACHINE_ARN_PREFIX"),
            large_work=cast(Literal["fargate", "lambda"], large_work),
            lease=(lease := timedelta(seconds=number("LEASE_SECONDS", 60))),
            beat=lease / 3,
            jobs_at_once=number("JOBS_AT_ONCE", 3),
            signing_key=text("SIGNING_KEY"),
            data_key=text("DATA_KEY"),
            mail_from=text("MAIL_FROM"),
            mail_configuration_set=text("MAIL_CONFIGURATION_SET"),
            due_queue_arn=text("DUE_QUEUE_ARN"),
            due_dead_letters_arn=text("DUE_DEAD_LETTERS_ARN"),
            schedule_group=text("SCHEDULE_GROUP"),
            schedule_role_arn=text("SCHEDULE_ROLE_ARN"),
            web_url=text("WEB_URL"),
        )
        if problems:
            raise SettingsError(problems)
        return settings

    def bucket(self, purpose: str) -> str:
        """Return the name of the bucket of a purpose. Raises ValueError for one that is not set here."""
        names = {
            "transfers": self.transfers_bucket,
            "reports": self.reports_bucket,
            "backups": self.backups_bucket,
            "documents": self.core.documents_bucket,
            "failures": self.core.failures_bucket,
        }
        name = names.get(purpose, "")
        if not name:
            raise ValueError(f"no bucket is set for {purpose}")
        return name
