"""The environment of this service, typed and read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zebros_activities.mail_settings import MailSettings
from zebros_activities.reminder_settings import ReminderSettings
from zebros_core.settings import CoreSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """What the functions of this service are told."""

    core: CoreSettings
    mail: MailSettings = field(default_factory=MailSettings)
    reminders: ReminderSettings = field(default_factory=ReminderSettings)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment. Raises SettingsError naming every variable that is missing or invalid."""
        return cls(
            CoreSettings.from_environ(environ),
            mail=MailSettings.from_environ(environ),
            reminders=ReminderSettings.from_environ(environ),
        )
