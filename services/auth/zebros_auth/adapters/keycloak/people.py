"""People of the realm: found, made, changed, removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zebros_auth.adapters.keycloak.session import (
    LOCALE_ATTRIBUTE,
    TEAM_ATTRIBUTE,
    TENANT_ATTRIBUTE,
    KeycloakSession,
    Representation,
    body_of,
    status_of,
    well_formed,
)
from zebros_auth.domain.identity import (
    TENANT_ROLES,
    UNCHANGED,
    EmailTakenError,
    IdentityNotFoundError,
    NewPerson,
    Person,
    Unchanged,
)
from zebros_core.errors import ValidationError

if TYPE_CHECKING:
    from keycloak.exceptions import KeycloakError

# Only told apart from the rest of a name for Keycloak's sake; joined again wherever it is read.
_NAME_FIELDS = ("firstName", "lastName")


def checked_role(role: str) -> str:
    """The role, when it is one that a tenant's people and integrations may have; ``ValueError`` otherwise."""
    if role not in TENANT_ROLES:
        raise ValueError(f"not a tenant's role: {role}")
    return role


def tenant_role(names: Sequence[str]) -> str | None:
    """The tenant role among a subject's roles, the least one if somebody was given several by hand."""
    return next((role for role in TENANT_ROLES if role in names), None)


class KeycloakPeople:
    """The part of the identity provider that is about people."""

    def __init__(self, session: KeycloakSession) -> None:
        self._session = session

    def ensure_person(self, person: NewPerson) -> Person:
        checked_role(person.role)
        user = {
            "username": person.email.lower(),
            "email": person.email.lower(),
            "emailVerified": False,
            "enabled": True,
            "attributes": {
                TENANT_ATTRIBUTE: [person.tenant_id],
                **({TEAM_ATTRIBUTE: [person.team]} if person.team else {}),
                **({LOCALE_ATTRIBUTE: [person.language]} if person.language else {}),
            },
            **_split(person.name),
        }
        user_id = self._created(user)
        if user_id:
            self._give_role(user_id, person.role)
            return _person({**user, "id": user_id}, person.role)
        # Somebody was there before: perhaps made by this very call, before an answer was lost.
        found = self._by_email(person.email)
        if found is None or _tenant_of(found) != person.tenant_id:
            raise EmailTakenError(_tenant_of(found) if found else None)
        role = self._role_of(found["id"])
        if role is None:
            role = person.role
            self._give_role(found["id"], role)
        return _person(found, role)

    def person(self, user_id: str) -> Person | None:
        found = self._user(user_id)
        return _person(found, self._role_of(user_id)) if found else None

    def find_by_email(self, email: str) -> Person | None:
        found = self._by_email(email)
        return _person(found, self._role_of(found["id"])) if found else None

    def people_of(self, tenant_id: str, *, with_roles: bool = True) -> Iterator[Person]:
        for user in self._session.pages("users", q=f"{TENANT_ATTRIBUTE}:{tenant_id}"):
            if _tenant_of(user) == tenant_id:
                yield _person(user, self._role_of(user["id"]) if with_roles else None)

    def update_person(
        self,
        user_id: str,
        *,
        name: str | None = None,
        team: str | Unchanged | None = UNCHANGED,
        role: str | None = None,
        enabled: bool | None = None,
    ) -> Person:
        if role is not None:
            checked_role(role)
        user = self._user(user_id)
        if user is None:
            raise IdentityNotFoundError("user", user_id)
        # Keycloak replaces the whole person: what is left out would be gone.
        wanted = {**user, "attributes": dict(user.get("attributes") or {})}
        if name is not None:
            wanted |= _split(name)
        if enabled is not None:
            wanted["enabled"] = enabled
        if team is not UNCHANGED:
            wanted["attributes"].pop(TEAM_ATTRIBUTE, None)
            if team:
                wanted["attributes"][TEAM_ATTRIBUTE] = [team]
        if wanted != user:
            self._replace_person(user_id, wanted)
        if role is not None:
            self._replace_role(user_id, role)
        return _person(wanted, role or self._role_of(user_id))

    def end_sessions(self, user_id: str) -> None:
        if not well_formed(user_id):
            return
        self._session.found(lambda admin: admin.user_logout(user_id))
        # A logout voids the tokens of offline sessions by their time in whole seconds: one of this very second would
        # live on. So the sessions go too, client by client; only clients of the realm's own file can have any.
        for consent in self._session.found(lambda admin: admin.user_consents(user_id)) or []:
            client_id: str = consent["clientId"]
            self._session.found(lambda admin, client_id=client_id: admin.revoke_consent(user_id, client_id))

    def remove_person(self, user_id: str) -> None:
        if self._user(user_id):
            self._session.found(lambda admin: admin.delete_user(user_id))

    def send_actions(
        self,
        user_id: str,
        actions: Sequence[str] = ("UPDATE_PASSWORD", "VERIFY_EMAIL"),
        *,
        lifespan_seconds: int,
        client_id: str | None = None,
        redirect_uri: str | None = None,
    ) -> None:
        from keycloak.exceptions import KeycloakError

        if not well_formed(user_id):
            raise IdentityNotFoundError("user", user_id)
        try:
            # Not repeated: an answer that was lost may have been about a mail that was sent.
            self._session.call(
                lambda admin: admin.send_update_account(
                    user_id,
                    list(actions),
                    client_id=client_id,
                    lifespan=lifespan_seconds,
                    redirect_uri=redirect_uri,
                ),
                repeat=False,
            )
        except KeycloakError as error:
            if status_of(error) == 404:
                raise IdentityNotFoundError("user", user_id) from error
            raise

    def _user(self, user_id: str) -> Representation | None:
        if not well_formed(user_id):
            return None
        found = self._session.found(lambda admin: admin.get_user(user_id))
        # A client's service account is a user too, without an address: no person.
        return found if found and found.get("email") else None

    def _by_email(self, email: str) -> Representation | None:
        found = self._session.get(
            "users", email=email.lower(), exact="true", briefRepresentation="false", max=2
        )
        return next((user for user in found if user.get("email") == email.lower()), None)

    def _role_of(self, user_id: str) -> str | None:
        return tenant_role(self._session.role_names(user_id))

    def _give_role(self, user_id: str, role: str) -> None:
        representation = self._session.role(role)
        self._session.call(lambda admin: admin.assign_realm_roles(user_id, [representation]))

    def _replace_role(self, user_id: str, role: str) -> None:
        """Take the others first: between the two calls there is less than was asked for, never more."""
        present = [name for name in self._session.role_names(user_id) if name in TENANT_ROLES]
        others = [self._session.role(name) for name in present if name != role]
        if others:
            self._session.call(lambda admin: admin.delete_realm_roles_of_user(user_id, others))
        if role not in present:
            self._give_role(user_id, role)

    def _created(self, user: Representation) -> str | None:
        """The new person's id; None when the address is taken."""
        from keycloak.exceptions import KeycloakError

        try:
            return self._session.call(lambda admin: admin.create_user(user))
        except KeycloakError as error:
            if status_of(error) == 409:
                return None
            raise _fault(error) from error

    def _replace_person(self, user_id: str, user: Representation) -> None:
        from keycloak.exceptions import KeycloakError

        try:
            self._session.call(lambda admin: admin.update_user(user_id, user))
        except KeycloakError as error:
            raise _fault(error) from error


def _fault(error: KeycloakError) -> Exception:
    """What a refused person is for callers; the error itself when it is not about the name or the address."""
    field = body_of(error).get("field")
    if field in _NAME_FIELDS:
        return ValidationError.for_field(
            "/name", "invalid", "This name has characters that are not allowed in one."
        )
    if field in ("email", "username"):
        return ValidationError.for_field(
            "/email", "invalid", "This is not an e-mail address that can be invited."
        )
    return error


def _split(name: str) -> dict[str, str]:
    first, _, last = " ".join(name.split()).rpartition(" ")
    return {"firstName": first or last, "lastName": last if first else ""}


def _tenant_of(user: Representation) -> str | None:
    return _attribute(user, TENANT_ATTRIBUTE)


def _attribute(user: Representation, name: str) -> str | None:
    values = (user.get("attributes") or {}).get(name) or [None]
    return values[0]


def _person(user: Representation, role: str | None) -> Person:
    return Person(
        id=user["id"],
        email=user["email"],
        name=" ".join(filter(None, (user.get(field) for field in _NAME_FIELDS))),
        tenant_id=_tenant_of(user),
        team=_attribute(user, TEAM_ATTRIBUTE),
        role=role,
        enabled=bool(user.get("enabled")),
        email_verified=bool(user.get("emailVerified")),
        language=_attribute(user, LOCALE_ATTRIBUTE),
    )
