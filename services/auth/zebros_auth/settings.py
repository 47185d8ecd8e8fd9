"""The environment of this service, typed and read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zebros_auth.notification_settings import NotificationSettings
from zebros_auth.tenancy_settings import TenancySettings
from zebros_core.settings import CoreSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """What the functions of this service are told beside the usual; empty text means "not set".

    ``admin_secret`` is that of the client with which this service administers the realm, or
    ``admin_secret_parameter`` names the parameter that holds it.
    """

    core: CoreSettings
    admin_client: str = "zebros-admin"
    admin_secret: str = field(default="", repr=False)
    admin_secret_parameter: str = ""
    app_url: str = ""
    """Where people use the product: links in mails lead there."""
    event_sources: tuple[str, ...] = (
        "zebros.auth",
        "zebros.customers",
        "zebros.pipeline",
        "zebros.activities",
        "zebros.jobs",
        "zebros.sync",
    )
    """Whose events this service takes from the bus: one for each service."""
    notifications: NotificationSettings = field(default_factory=NotificationSettings)
    tenancy: TenancySettings = field(default_factory=TenancySettings)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment. Raises SettingsError naming every variable that is missing or invalid."""

        def text(name: str, default: str = "") -> str:
            return environ.get(name, "").strip() or default

        return cls(
            CoreSettings.from_environ(environ),
            admin_client=text("IDENTITY_ADMIN_CLIENT", "zebros-admin"),
            admin_secret=text("IDENTITY_ADMIN_SECRET"),
            admin_secret_parameter=text("IDENTITY_ADMIN_SECRET_PARAMETER"),
            app_url=text("APP_URL"),
            notifications=NotificationSettings.from_environ(environ),
            tenancy=TenancySettings.from_environ(environ),
        )
