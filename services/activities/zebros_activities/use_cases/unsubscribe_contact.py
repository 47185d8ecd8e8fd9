"""Carry out somebody's wish to get no more mail."""

from __future__ import annotations

from collections.abc import Callable

from zebros_activities.domain.ports_mail import MailContacts
from zebros_activities.domain.unsubscribe_token import UnsubscribeTokens, Unsubscription
from zebros_core.errors import NotFoundError
from zebros_core.tenancy.registry import Tenant, TenantRegistry

_SERVED = frozenset({"active", "suspended"})


def read_wish(
    token: str, tokens: UnsubscribeTokens, registry: TenantRegistry
) -> tuple[Unsubscription, Tenant] | None:
    """Return whose wish a token is and who writes to them; None for a token that is forged, too old, or of a tenant
    that is gone. Changes nothing: programs follow links to look at what is behind them.
    """
    wish = tokens.read(token)
    if wish is None:
        return None
    try:
        tenant = registry.get(wish.tenant_id)
    except NotFoundError:
        return None
    return (wish, tenant) if tenant.status in _SERVED else None


def unsubscribe_contact(wish: Unsubscription, contacts: Callable[[str], MailContacts]) -> None:
    """Set `doNotContact`; a contact that is gone has what it wanted. Raises UnavailableError."""
    contacts(wish.tenant_id).stop_contacting(wish.contact_id)
