"""Say everything that this service holds on a person: record, account, devices, and what they did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from zebros_auth.domain.ports import IdentityProvider
from zebros_auth.domain.ports_notifications import PushSender
from zebros_auth.repositories.audit import AuditLog
from zebros_auth.repositories.audit_erasures import AuditErasures
from zebros_auth.repositories.changes import ChangeMarks
from zebros_auth.repositories.deliveries import Suppressions
from zebros_auth.repositories.devices import DeviceRepository
from zebros_auth.repositories.keys import AUDIT_TABLE, LOOKUP_TABLE, USERS
from zebros_auth.repositories.users import UserRepository
from zebros_core.clock import Clock
from zebros_core.privacy.calls import CollectedItem
from zebros_core.privacy.collecting import RecordCollection
from zebros_core.privacy.desk import PrivacyDesk
from zebros_core.privacy.run import CollectionRun, each
from zebros_core.privacy.steps import Piece
from zebros_core.privacy.subject import Subject

__all__ = ["ACCOUNTS", "Desk", "PersonalStores", "collection_steps", "identify_person"]

ACCOUNTS: Final = "keycloak"
"""The store of accounts."""

_ENTRIES_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class PersonalStores:
    """Where one tenant's people are kept. `identity` connects to the provider of accounts when it is needed."""

    tenant_id: str
    users: UserRepository
    devices: DeviceRepository
    suppressions: Suppressions
    changes: ChangeMarks
    audit_log: AuditLog
    audit_erasures: AuditErasures
    clock: Clock
    identity: Callable[[], IdentityProvider]
    push: PushSender


Desk: TypeAlias = PrivacyDesk[PersonalStores]


def identify_person(desk: Desk, subject: Subject) -> Subject:
    """Return the subject with the people of its addresses, and the addresses and names of its people."""
    users = desk.workspace.users
    found = [users.find_any(id) for id in subject.user_ids]
    found += [users.find_by_email(email) for email in subject.emails]
    people = [user for user in found if user is not None]
    return subject.joined(
        user_ids=[user.user_id for user in people],
        emails=[user.email for user in people if "@" in user.email],
        names=[name for user in people for name in _names(user.name)],
    )


def collection_steps(desk: Desk, run: CollectionRun) -> list[tuple[str, Piece]]:
    """Return the steps that collect: what is kept under the person's ids, then the audit log."""
    work = _Collection(desk, run)
    return [
        ("people", each(run.subject.user_ids, work.add_user)),
        ("accounts", each(run.subject.user_ids, work.add_account)),
        ("devices", each(run.subject.user_ids, work.add_devices)),
        ("suppressions", each(run.subject.emails, work.add_suppression)),
        ("audit", work.look_at_audit),
    ]


class _Collection:
    def __init__(self, desk: Desk, run: CollectionRun) -> None:
        self._desk, self._run = desk, run
        self._stores = desk.workspace
        self._users = RecordCollection(run, USERS, None)
        # Of somebody who was erased the log keeps the id alone: nothing that could be told.
        self._told = {id for id in run.subject.user_ids if not desk.marks.has("user", id)}

    def add_user(self, user_id: str) -> None:
        user = self._stores.users.find_any(user_id)
        if user is not None:
            self._users.own(user)

    def add_account(self, user_id: str) -> None:
        person = self._stores.identity().person(user_id)
        if person is None or person.tenant_id != self._stores.tenant_id:
            return
        data = {
            "email": person.email,
            "name": person.name,
            "language": person.language,
            "role": person.role,
            "team": person.team,
            "enabled": person.enabled,
            "emailVerified": person.email_verified,
        }
        personal = dict.fromkeys(("email", "name", "language"), "personal")
        self._row(ACCOUNTS, "account", user_id, data, dict.fromkeys(data, "business") | personal)

    def add_devices(self, user_id: str) -> None:
        for device in self._stores.devices.of(user_id):
            data = device.model_dump(mode="json", by_alias=True)
            classes = dict.fromkeys(data, "system") | dict.fromkeys(("token", "name", "address"), "personal")
            self._row(LOOKUP_TABLE, "device", device.device_id, data, classes)

    def add_suppression(self, email: str) -> None:
        reason = self._stores.suppressions.reason(email)
        if reason is not None:
            data = {"email": email, "reason": reason}
            self._row(LOOKUP_TABLE, "suppression", email, data, {"email": "personal", "reason": "business"})

    def look_at_audit(self, cursor: str | None) -> str | None:
        """Add what the person did, and what was done to their record; a page of a month is a piece."""
        log = self._stores.audit_log
        months = log.months(self._stores.clock.now())
        month, _, inner = (cursor or f"{months[0]}:").partition(":")
        page = log.entries(month, limit=_ENTRIES_AT_ONCE, cursor=inner or None)
        for entry in page.items:
            if entry["actor"] in self._told or entry.get("recordId") in self._told:
                data = {name: value for name, value in entry.items() if name != "sk"}
                classes = dict.fromkeys(data, "system") | {"ip": "personal", "details": "business"}
                self._row(AUDIT_TABLE, "entry", str(entry["id"]), data, classes)
        if page.next_cursor is not None:
            return f"{month}:{page.next_cursor}"
        return next((f"{older}:" for older in months if older < month), None)

    def _row(
        self, store: str, entity: str, id: str, data: dict[str, Any], classification: dict[str, str]
    ) -> None:
        self._run.add(
            CollectedItem(store=store, entity=entity, id=id, data=data, classification=classification)
        )


def _names(name: str) -> tuple[str, ...]:
    first, _, last = name.rpartition(" ")
    return (name, f"{last} {first}") if first else ()
