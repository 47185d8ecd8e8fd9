"""Reports that come by themselves: what, when, to whom, and in whose name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from zebros_core.errors import ValidationError
from zebros_core.messaging.envelope import TenantId, Wire, parse_wire, wire_text
from zebros_core.values import Name, PrincipalId, Value
from zebros_jobs.domain.reports.periods import is_relative
from zebros_jobs.domain.reports.request import MAX_RECIPIENTS, ReportFormat, ReportRequest

__all__ = [
    "MAX_SCHEDULES",
    "Every",
    "LastRun",
    "Paused",
    "Recurrence",
    "ReportSchedule",
    "ScheduleDraft",
    "ScheduleDue",
    "Weekday",
    "parse_due",
]

MAX_SCHEDULES: Final = 100
"""Schedules of one tenant."""
_DAY: Final = timedelta(days=1)


class Every(StrEnum):
    """How often."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Weekday(StrEnum):
    """A day of the week, in the order of ISO 8601."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_WEEK: Final = tuple(Weekday)
_zones = cache(available_timezones)  # it reads a folder of some hundred files


def _time_zone(name: str) -> str:
    if name not in _zones():
        raise PydanticCustomError("time_zone", "not a time zone such as Europe/Berlin")
    return name


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone)]


class Recurrence(Value):
    """When: every day, on days of the week, or on a day of the month (1 to 28, or its last), at a time on the clock.

    A time that the clock skips is left out on that day; one that comes twice counts the first time.
    """

    every: Every
    at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    weekdays: Annotated[tuple[Weekday, ...], Field(max_length=7)] = ()
    day: Annotated[int, Field(ge=1, le=28)] | Literal["last"] | None = None
    time_zone: TimeZone | None = None

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if (self.every is Every.WEEK) != bool(self.weekdays):
            raise PydanticCustomError("weekdays", "every week has weekdays, and nothing else has")
        if (self.every is Every.MONTH) != (self.day is not None):
            raise PydanticCustomError(
                "day_of_month", "every month has a day, 1 to 28 or last, and nothing else has"
            )
        if len(set(self.weekdays)) < len(self.weekdays):
            raise PydanticCustomError("repeated", "each weekday once")
        return self

    def expression(self) -> str:
        """Return it as EventBridge Scheduler reads it: minute, hour, day of month, month, day of week, year."""
        hour, minute = (int(part) for part in self.at.split(":"))
        day, weekdays = "*", "?"
        if self.every is Every.WEEK:
            day, weekdays = "?", ",".join(each.value[:3].upper() for each in _WEEK if each in self.weekdays)
        elif self.every is Every.MONTH:
            day = "L" if self.day == "last" else str(self.day)
        return f"cron({minute} {hour} {day} * {weekdays} *)"

    def latest(self, now: datetime, zone: str) -> datetime:
        """Return the last moment, not after `now`, at which it is due."""
        day = now.astimezone(ZoneInfo(zone)).date()
        while True:
            if self._falls_on(day):
                moment = self._moment(day, zone)
                if moment is not None and moment <= now:
                    return moment
            day -= _DAY

    def following(self, now: datetime, zone: str) -> datetime:
        """Return the first moment after `now` at which it is due."""
        day = now.astimezone(ZoneInfo(zone)).date()
        while True:
            if self._falls_on(day):
                moment = self._moment(day, zone)
                if moment is not None and moment > now:
                    return moment
            day += _DAY

    def _falls_on(self, day: date) -> bool:
        match self.every:
            case Every.DAY:
                return True
            case Every.WEEK:
                return _WEEK[day.weekday()] in self.weekdays
            case Every.MONTH:
                return (day + _DAY).day == 1 if self.day == "last" else day.day == self.day

    def _moment(self, day: date, zone: str) -> datetime | None:
        local = datetime.combine(day, time.fromisoformat(self.at), ZoneInfo(zone))
        moment = local.astimezone(UTC)
        exists = moment.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)
        return moment if exists else None


class ScheduleDraft(Value):
    """A schedule as a caller gives it. `recipients` are people of the tenant, by their ids or addresses.

    The period moves with the day: `last-month`. Without a time zone it is the tenant's.
    """

    name: Name
    report: ReportRequest
    recurrence: Recurrence
    recipients: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=254)], ...],
        Field(min_length=1, max_length=MAX_RECIPIENTS),
    ]
    paused: bool = False

    def check(self, today: date) -> None:
        """Raise ValidationError for a report that there is not, or that is always the same."""
        if not is_relative(self.report.period):
            raise ValidationError.for_field(
                "/report/period", "fixed_period", "a schedule's period moves with the day, such as last-month"
            )
        if set(self.report.formats) <= {ReportFormat.JSON}:
            raise ValidationError.for_field("/report/formats", "nothing_to_send", "pdf, xlsx or csv")
        try:
            self.report.check(today)
        except ValidationError as error:
            faults = [type(each)(f"/report{each.field}", each.code, each.message) for each in error.fields]
            raise ValidationError(error.detail, fields=faults) from error


class Paused(Value):
    """Why a schedule does nothing: somebody paused it, or its owner may not see reports any more."""

    reason: Literal["byRequest", "ownerLeft", "ownerLacksPermission"]
    at: AwareDatetime


class LastRun(Value):
    """The last report of a schedule: when it was due, and the job that made it."""

    due_at: AwareDatetime
    job_id: str


class ReportSchedule(Value):
    """A schedule as it is kept. `recipients` are ids of users; it runs with the rights of `owner_id` as they are then.

    What is due at or before `since` is not made up for. `version` rises with every change by people.
    """

    schedule_id: str
    name: Name
    report: ReportRequest
    recurrence: Recurrence
    recipients: Annotated[tuple[PrincipalId, ...], Field(max_length=MAX_RECIPIENTS)]
    owner_id: PrincipalId
    paused: Paused | None = None
    since: AwareDatetime
    last_run: LastRun | None = None
    version: int = 1
    revision: int = 1
    created_at: AwareDatetime
    created_by: str
    updated_at: AwareDatetime
    updated_by: str

    def draft(self) -> ScheduleDraft:
        """Return the part that people set, as it stands."""
        return ScheduleDraft(
            name=self.name,
            report=self.report,
            recurrence=self.recurrence,
            recipients=self.recipients,
            paused=self.paused is not None,
        )

    def due(self, now: datetime, zone: str) -> datetime | None:
        """Return the moment of the report that is to be made now, None when there is none.

        Of several that were missed it is the last one: nobody wants yesterday's news twice.
        """
        if self.paused is not None:
            return None
        latest = self.recurrence.latest(now, self.recurrence.time_zone or zone)
        done = self.last_run is not None and latest <= self.last_run.due_at
        return None if done or latest <= self.since else latest


class ScheduleDue(Wire):
    """What the scheduler sends: whose time has come. Which moment it is, the schedule itself says."""

    schema_version: Literal[1] = 1
    tenant_id: TenantId
    schedule_id: Annotated[str, StringConstraints(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]

    @property
    def key(self) -> tuple[str, str]:
        """What a queue's messages of one schedule have in common."""
        return self.tenant_id, self.schedule_id

    def to_wire(self) -> str:
        """Return the message as JSON text."""
        return wire_text(self)


_ADAPTER: Final = TypeAdapter(ScheduleDue)


def parse_due(message: str | bytes | Mapping[str, Any]) -> ScheduleDue:
    """Read a message that arrived, trusting nothing. Raises PoisonError."""
    return parse_wire(_ADAPTER, message)
