"""Erase a person: account, record, devices, and what is personal in the audit log.

The account goes first: while it is there, the comparison with the identity provider would make the record anew. The
record becomes a tombstone without personal values; its id stays where it says who did something, and is a pseudonym of
nobody. Whoever is the last administrator of a tenant cannot be erased.
"""

from __future__ import annotations

from datetime import timedelta

from zebros_auth.domain.errors import LastAdminError
from zebros_auth.domain.user import Role, User, UserStatus
from zebros_auth.repositories.audit import KEPT_SECONDS
from zebros_auth.repositories.keys import AUDIT_TABLE, LOOKUP_TABLE, USERS
from zebros_auth.use_cases.collect_personal_data import ACCOUNTS, Desk
from zebros_auth.use_cases.manage_devices import endpoint_owner
from zebros_core.privacy.records import RecordErasure
from zebros_core.privacy.run import LATE_SECONDS, ErasureRun, each, once
from zebros_core.privacy.steps import Piece, StepWaitsError

__all__ = ["erasure_steps"]

AUDIT_SECONDS = 60
"""How often it is looked for what the audit log is to forget."""

SIGN_IN_EVENTS_DAYS = 90
"""How long the identity provider keeps its own events: `eventsExpiration` of the realm."""


def erasure_steps(desk: Desk, run: ErasureRun) -> list[tuple[str, Piece]]:
    """Return the steps of the erasure. Raises LastAdminError at the first one."""
    work = _Erasure(desk, run)
    subject = run.subject
    return [
        ("marks", once(work.ensure_allowed, work.mark)),
        ("devices", each(subject.user_ids, work.remove_devices)),
        ("accounts", each(subject.user_ids, work.remove_account)),
        ("people", each(subject.user_ids, work.remove_user)),
        ("addresses", each(subject.emails, work.forget_address)),
        ("copies", desk.copies(run).step()),
        # What was on its way when the person was marked has arrived by then, and what comes later finds the mark.
        ("settle", once(run.ensure_over)),
        ("audit", once(work.redact_audit)),
        ("end", once(work.say_what_ends)),
    ]


def _guards(user: User, entity: str) -> dict[str, str]:
    del entity
    return {"email": user.email}


class _Erasure:
    def __init__(self, desk: Desk, run: ErasureRun) -> None:
        self._desk, self._run = desk, run
        self._stores = desk.workspace
        self._users = RecordErasure(run, desk.workspace.users, None, guards=_guards)

    def ensure_allowed(self) -> None:
        gone = self._run.subject.user_ids
        people = [user for id in gone if (user := self._stores.users.find(id)) is not None]
        if any(_administers(user) for user in people) and all(
            admin.user_id in gone for admin in self._stores.users.active_admins()
        ):
            raise LastAdminError

    def mark(self) -> None:
        if self._desk.marks.put(self._run.subject, self._run.request_id, self._run.now):
            self._run.wait_until(self._run.now + timedelta(seconds=LATE_SECONDS))

    def remove_devices(self, user_id: str) -> None:
        if self._is_held(user_id):
            return
        for device in self._stores.devices.of(user_id):
            if device.address is not None:
                self._stores.push.forget(device.address, endpoint_owner(self._stores.tenant_id, user_id))
            self._stores.devices.remove(device)
            self._run.count(LOOKUP_TABLE)

    def remove_account(self, user_id: str) -> None:
        identity = self._stores.identity()
        person = None if self._is_held(user_id) else identity.person(user_id)
        if person is not None and person.tenant_id == self._stores.tenant_id:
            identity.remove_person(user_id)
            self._run.count(ACCOUNTS)

    def remove_user(self, user_id: str) -> None:
        if self._users.remove(user_id) is not None:
            self._stores.changes.clear(user_id)

    def forget_address(self, email: str) -> None:
        if self._stores.suppressions.reason(email) is not None:
            self._stores.suppressions.lift(email)
            self._run.count(LOOKUP_TABLE)
        self._stores.changes.clear(email)

    def redact_audit(self) -> None:
        """Wish that the log forget from where the person acted, and wait for that: this function may not write it."""
        run, wishes = self._run, self._stores.audit_erasures
        gone = [id for id in run.subject.user_ids if not self._is_held(id)]
        if not gone:
            return
        wish = wishes.find(run.request_id)
        if wish is None:
            wishes.ask(run.request_id, gone)
        if wish is None or wish.redacted is None:
            raise StepWaitsError(AUDIT_SECONDS)
        run.count(AUDIT_TABLE, wish.redacted)
        wishes.take_back(run.request_id)

    def say_what_ends(self) -> None:
        run, now = self._run, self._run.now
        why = "answers that were kept for repeated requests; they end by themselves"
        run.keep(LOOKUP_TABLE, "idempotency", None, why, now + timedelta(days=2))
        why = "notifications that wait for quiet hours; those about the person are dropped when they are due"
        run.keep("schedules", "notification", None, why, now + timedelta(days=2))
        if run.subject.user_ids:
            why = "who did what, by id, for accountability; from where is erased"
            run.keep(AUDIT_TABLE, "entry", None, why, now + timedelta(seconds=KEPT_SECONDS))
            why = "the identity provider's own events of sign-ins; it forgets them"
            run.keep(ACCOUNTS, "event", None, why, now + timedelta(days=SIGN_IN_EVENTS_DAYS))

    def _is_held(self, user_id: str) -> bool:
        return self._run.holds(USERS.table, "user", user_id)


def _administers(user: User) -> bool:
    return user.role is Role.TENANT_ADMIN and user.status is not UserStatus.DEACTIVATED
