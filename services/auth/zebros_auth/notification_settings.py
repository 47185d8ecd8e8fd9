"""What the functions that notify are told by their environment; empty text means "not set"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PACKAGED_TEMPLATES = Path(__file__).parents[1] / "templates"
"""Beside the package, in the repository as in the artefact."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Mail: sender (``Name <address>`` or an address; empty: no mail is sent), where answers go, SES's
    configuration set, and the bucket of the templates.
    """

    sender: str = ""
    reply_to: str = ""
    configuration_set: str = ""
    templates_bucket: str = ""


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """Notifications: the topic, the queue that it feeds and what brings a deferred one back to it; push.

    ``push_applications``: ARNs of SNS platform applications by platform (``apns``, ``fcm``).
    """

    mail: MailSettings = field(default_factory=MailSettings)
    topic_arn: str = ""
    delivery_queue_arn: str = ""
    delivery_dead_letters_arn: str = ""
    schedule_group: str = ""
    schedule_role_arn: str = ""
    push_applications: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> NotificationSettings:
        """Read the environment; nothing here is required, since most functions notify nobody."""

        def text(name: str) -> str:
            return environ.get(name, "").strip()

        applications = {"apns": text("PUSH_APNS_ARN"), "fcm": text("PUSH_FCM_ARN")}
        return cls(
            mail=MailSettings(
                sender=text("MAIL_FROM"),
                reply_to=text("MAIL_REPLY_TO"),
                configuration_set=text("MAIL_CONFIGURATION_SET"),
                templates_bucket=text("TEMPLATES_BUCKET"),
            ),
            topic_arn=text("NOTIFICATIONS_TOPIC_ARN"),
            delivery_queue_arn=text("DELIVERY_QUEUE_ARN"),
            delivery_dead_letters_arn=text("DELIVERY_DEAD_LETTERS_ARN"),
            schedule_group=text("SCHEDULE_GROUP"),
            schedule_role_arn=text("SCHEDULE_ROLE_ARN"),
            push_applications={platform: arn for platform, arn in applications.items() if arn},
        )
