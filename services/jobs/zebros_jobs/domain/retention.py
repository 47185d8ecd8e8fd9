"""What a tenant keeps for how long: its rules, and which records are past them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from zebros_core.values import Value

__all__ = [
    "RetentionDraft",
    "RetentionParameters",
    "RetentionPolicy",
    "is_idle_contact",
    "is_old_activity",
    "is_old_lead",
    "is_old_opportunity",
    "months_before",
    "years_before",
]

LEAST_BUSINESS_YEARS: Final = 7

_Months = Annotated[int, Field(ge=1, le=240)]


class RetentionDraft(Value):
    """The rules as they are set; what is left out is kept without an end."""

    business_years: Annotated[
        int,
        Field(
            ge=LEAST_BUSINESS_YEARS,
            le=100,
            description="How long closed opportunities and finished activities are kept at least.",
        ),
    ] = LEAST_BUSINESS_YEARS
    erase_business_records: Annotated[
        bool, Field(description="Whether those are deleted when their years are over.")
    ] = False
    inactive_contact_months: Annotated[
        _Months | None,
        Field(ge=6, description="Contacts that nobody changed or contacted for so long are erased."),
    ] = None
    lost_lead_months: Annotated[
        _Months | None, Field(description="Unqualified leads that nobody changed for so long are erased.")
    ] = None
    converted_lead_months: Annotated[
        _Months | None, Field(description="Leads are erased so long after they were converted.")
    ] = None
    job_file_days: Annotated[
        int | None,
        Field(ge=1, le=3650, description="Files of imports, exports and reports are deleted after so long."),
    ] = None


class RetentionPolicy(RetentionDraft):
    """The rules of a tenant, and who set them when; nobody yet, where there are none."""

    updated_at: str | None = None
    updated_by: str | None = None

    @property
    def asks_for_something(self) -> bool:
        """Whether anything is ever past these rules."""
        rules = (
            self.inactive_contact_months,
            self.lost_lead_months,
            self.converted_lead_months,
            self.job_file_days,
        )
        return self.erase_business_records or any(rule is not None for rule in rules)


class RetentionParameters(Value):
    """What a job of kind retention is asked for. A preview only counts."""

    preview: bool = False


def months_before(now: datetime, months: int) -> datetime:
    """Return the instant so many calendar months before another."""
    index = now.year * 12 + now.month - 1 - months
    year, month = divmod(index, 12)
    return _same_day(now, year, month + 1)


def years_before(today: date, years: int) -> date:
    """Return the day so many years before another."""
    return months_before(datetime(today.year, today.month, today.day), years * 12).date()


def _same_day(now: datetime, year: int, month: int) -> datetime:
    for back in range(4):
        try:
            return now.replace(year=year, month=month, day=now.day - back)
        except ValueError:
            continue
    raise ValueError("no such month")


def is_old_lead(lead: Mapping[str, Any], policy: RetentionDraft, now: datetime) -> bool:
    """Tell whether an exported lead is past the rules."""
    if lead["status"] == "unqualified" and policy.lost_lead_months is not None:
        return _at(lead["updatedAt"]) < months_before(now, policy.lost_lead_months)
    if lead["status"] == "converted" and policy.converted_lead_months is not None:
        converted = lead.get("convertedAt") or lead["updatedAt"]
        return _at(converted) < months_before(now, policy.converted_lead_months)
    return False


def is_idle_contact(contact: Mapping[str, Any], policy: RetentionDraft, now: datetime) -> bool:
    """Tell whether nobody has changed or contacted an exported contact for long enough."""
    if policy.inactive_contact_months is None:
        return False
    times = [contact["createdAt"], contact["updatedAt"], contact.get("lastContactedAt")]
    return max(_at(time) for time in times if time) < months_before(now, policy.inactive_contact_months)


def is_old_opportunity(opportunity: Mapping[str, Any], policy: RetentionDraft, today: date) -> bool:
    """Tell whether an exported opportunity was closed so long ago that it need not be kept."""
    closed = opportunity.get("closeDate")
    if not policy.erase_business_records or opportunity["outcome"] == "open" or not closed:
        return False
    return date.fromisoformat(closed) < years_before(today, policy.business_years)


def is_old_activity(activity: Mapping[str, Any], policy: RetentionDraft, now: datetime) -> bool:
    """Tell whether an exported activity was finished so long ago that it need not be kept."""
    if not policy.erase_business_records or activity["status"] == "open":
        return False
    ended = activity.get("completedAt") or activity.get("scheduledAt") or activity["updatedAt"]
    last = max(_at(ended), _at(activity["createdAt"]))
    return last + timedelta(days=1) < months_before(now, policy.business_years * 12)


def _at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)
