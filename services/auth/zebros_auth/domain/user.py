"""The user: somebody of a tenant, with a role, a team and preferences."""

from __future__ import annotations

import unicodedata
from datetime import datetime, time
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from zebros_auth.domain.team import TeamId
from zebros_core.dynamodb.entity import BUSINESS, PERSONAL, SYSTEM, PersonalEntity
from zebros_core.values import Email, Name, Value


class Role(StrEnum):
    """What a person may be; each person is exactly one of these, from the least to the most."""

    VIEWER = "viewer"
    SALES_REP = "sales-rep"
    SALES_MANAGER = "sales-manager"
    TENANT_ADMIN = "tenant-admin"

    @property
    def rank(self) -> int:
        """How much it may, as a number to compare roles by."""
        return list(Role).index(self)


class UserStatus(StrEnum):
    """Invited: has not signed in yet. Active. Deactivated: cannot sign in, and nothing is sent to them."""

    INVITED = "invited"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"


class Language(StrEnum):
    """The languages that mails and pages are written in."""

    ENGLISH = "en"
    GERMAN = "de"


_time_zones = cache(available_timezones)  # it reads a folder of some hundred files


def _time_zone(name: str) -> str:
    if name not in _time_zones():
        raise PydanticCustomError("time_zone", "not a time zone such as Europe/Berlin")
    return name


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone)]


LocalTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day in the person's time zone, such as ``07:30``."""


class QuietHours(Value):
    """When nothing but the urgent is sent, in the person's time zone; past midnight when `to` is before `from`."""

    from_: Annotated[LocalTime, Field(alias="from"), PERSONAL]
    to: Annotated[LocalTime, PERSONAL]

    @property
    def begins(self) -> time:
        """The first minute."""
        return time.fromisoformat(self.from_)

    @property
    def ends(self) -> time:
        """The first minute after."""
        return time.fromisoformat(self.to)

    def contains(self, local: time) -> bool:
        """Tell whether a local time of day is within: from the first minute to before the last."""
        if self.begins <= self.ends:
            return self.begins <= local < self.ends
        return local >= self.begins or local < self.ends


class Channels(Value):
    """By which ways one kind of notification comes."""

    push: Annotated[bool, BUSINESS] = True
    email: Annotated[bool, BUSINESS] = True


NotificationKind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,30}\.[a-z][a-z-]{0,30}$")]
"""``{entity}.{what}``, such as ``customer.assigned``."""


class Preferences(Value):
    """What a person chose; `channels` holds only the kinds of notification that differ from both ways."""

    language: Annotated[Language, PERSONAL] = Language.ENGLISH
    time_zone: Annotated[TimeZone, PERSONAL] = "UTC"
    quiet_hours: Annotated[QuietHours | None, PERSONAL] = None
    channels: Annotated[dict[NotificationKind, Channels], Field(max_length=30), BUSINESS] = Field(
        default_factory=dict[str, Channels]
    )

    def channels_of(self, kind: str) -> Channels:
        """Return the ways by which this kind of notification comes."""
        return self.channels.get(kind, Channels())


_NOT_IN_NAMES: Final = '<>&"$%!#?§;*~/\\|^=[]{}()'
_JOINERS: Final = frozenset("\u200c\u200d")


def _person_name(text: str) -> str:
    # What the identity provider refuses in a name is refused before anything is written: a change is made here first.
    if set(_NOT_IN_NAMES) & set(text):
        raise PydanticCustomError(
            "name_character", "a name has none of {characters}", {"characters": _NOT_IN_NAMES}
        )
    # Marks that are not seen turn a name into another one to look at; the joiners are part of some scripts.
    if any(unicodedata.category(char) == "Cf" and char not in _JOINERS for char in text):
        raise PydanticCustomError("invisible_character", "characters that cannot be seen are not allowed")
    return " ".join(text.split())


PersonName = Annotated[Name, AfterValidator(_person_name)]
"""What somebody is called, with single spaces, as the identity provider keeps it."""


def _ascii_text(value: Any) -> Any:
    if isinstance(value, str) and not value.isascii():
        raise PydanticCustomError("foreign_character", "only addresses of plain ASCII can be signed in with")
    return value


# Before it is folded: two letters may be one in the compared form, and the mail would go to somebody else.
SignInEmail = Annotated[Email, BeforeValidator(_ascii_text)]
"""An address to sign in with. Mail reaches no others, and look-alikes of letters are how one poses as somebody."""


class Invitation(Value):
    """Somebody who is to join the tenant."""

    email: SignInEmail
    name: PersonName
    role: Role
    team_id: TeamId | None = None
    language: Language = Language.ENGLISH


class UserDraft(Value):
    """What may be changed of somebody by those who administer users."""

    name: PersonName
    role: Role
    team_id: TeamId | None = None


class User(PersonalEntity):
    """Somebody of a tenant, as they are kept. The id is the ``sub`` of their tokens.

    What they may do follows from the role and the role table: `permissions` is a copy for readers of the table and of
    events, as ``{entity: "action=visibility …"}``, and nothing decides by it.
    """

    user_id: Annotated[str, SYSTEM]
    username: Annotated[str, PERSONAL]
    email: Annotated[str, PERSONAL]
    name: Annotated[str, PERSONAL]
    role: Annotated[Role, BUSINESS]
    team_id: Annotated[str | None, BUSINESS] = None
    status: Annotated[UserStatus, BUSINESS] = UserStatus.INVITED
    permissions: Annotated[dict[str, str], BUSINESS] = Field(default_factory=dict[str, str])
    preferences: Annotated[Preferences, PERSONAL] = Preferences()
    invited_at: Annotated[datetime | None, BUSINESS] = None

    @property
    def owner_id(self) -> str:
        """A person's record is their own."""
        return self.user_id

    def draft(self) -> UserDraft:
        """Return the part that may be changed, as it stands."""
        return UserDraft(name=self.name, role=self.role, team_id=self.team_id)
