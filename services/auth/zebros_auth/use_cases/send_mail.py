"""Send a mail from a template, at most once."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from zebros_auth.domain.ports_mail import (
    MailMessage,
    MailTemplates,
    MailTransport,
    Outcome,
)
from zebros_auth.repositories.deliveries import DeliveryMarks, Suppressions
from zebros_core.delivery import DeliveryUncertainError, NotTakenError, RefusedError
from zebros_core.observability import Metrics

_LOG = logging.getLogger(__name__)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
WAY: Final = "email"


@dataclass(frozen=True, slots=True)
class TenantMailer:
    """The `Mailer` of one tenant. Made by the composition root."""

    tenant_id: str
    templates: MailTemplates
    transport: MailTransport
    marks: DeliveryMarks
    suppressions: Suppressions
    metrics: Metrics
    app_url: str

    def send(self, template: str, to: str, language: str, values: Mapping[str, str], key: str) -> bool:
        """See `Mailer`."""
        return self.deliver(template, to, language, values, key) is Outcome.SENT

    def deliver(self, template: str, to: str, language: str, values: Mapping[str, str], key: str) -> Outcome:
        """Send as `send` does, and say what became of it. Errors as in `send`."""
        if _KEY.match(key) is None:
            raise ValueError("a mail's key is up to 128 letters, digits, '-' and '_'")
        outcome = self._deliver(template, to, language, values, key)
        self.metrics.emit(
            {"Notifications": (1, "Count")},
            operation=f"{WAY}.{outcome}",
            properties={"kind": template, "key": key, "tenantId": self.tenant_id},
        )
        return outcome

    def _deliver(self, template: str, to: str, language: str, values: Mapping[str, str], key: str) -> Outcome:
        if not self.transport.enabled:
            return Outcome.OFF
        if self.suppressions.reason(to) is not None:
            return Outcome.SUPPRESSED
        # Before the mark: a template that cannot be written leaves nothing behind.
        content = self.templates.render(template, language, {"appUrl": self.app_url, **values})
        message = MailMessage(to, content, {"tenantId": self.tenant_id, "key": key})
        if not self.marks.claim(key, WAY):
            return Outcome.ALREADY
        try:
            mail_id = self.transport.send(message)
        except NotTakenError:
            self.marks.release(key, WAY)
            raise
        except RefusedError as error:
            _LOG.error("mail refused", extra={"key": key, "kind": template, "reason": error.code_of_service})
            return Outcome.REFUSED
        except DeliveryUncertainError:
            _LOG.error("mail perhaps lost", exc_info=True, extra={"key": key, "kind": template})
            return Outcome.UNCERTAIN
        _LOG.info("mail sent", extra={"key": key, "kind": template, "mailId": mail_id})
        return Outcome.SENT
