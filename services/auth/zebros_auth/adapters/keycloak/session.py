"""The connection to one realm: made at the first call, bounded in time, its failures told apart."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from zebros_auth.domain.identity import IdentityUnavailableError

if TYPE_CHECKING:
    from keycloak import KeycloakAdmin
    from keycloak.exceptions import KeycloakError

TIMEOUT_SECONDS: Final = 5
"""For each request: to connect, and again between two bytes of the answer."""

PAUSES_SECONDS: Final = (0.2, 0.6)
"""Before each repetition of a call that failed for a passing reason, if it failed at once."""

SLOW_SECONDS: Final = 2.0
"""A call that took longer to fail is not repeated: a request makes several, and the gateway gives it 30 seconds."""

PAGE_SIZE: Final = 100
TENANT_ATTRIBUTE: Final = "tenant_id"
TEAM_ATTRIBUTE: Final = "team"
LOCALE_ATTRIBUTE: Final = "locale"
"""Keycloak's own: the language of the mails and pages that it makes for the person."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
_T = TypeVar("_T")

Representation = dict[str, Any]
"""A JSON object of the admin API."""


def well_formed(id: str) -> bool:
    """Whether this can be an id: python-keycloak puts it into a path as it is, where ``../`` would lead away."""
    return _ID.match(id) is not None


def status_of(error: KeycloakError) -> int:
    """The HTTP status of an answer; 0 when there was none."""
    return error.response_code or 0


def body_of(error: KeycloakError) -> Mapping[str, Any]:
    """The answer's JSON object, or an empty one."""
    try:
        body = json.loads(error.response_body or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


class KeycloakSession:
    """Calls the realm's admin API with the token of a service account of that realm. Not for several threads."""

    def __init__(
        self,
        server_url: str,
        realm: str,
        client_id: str,
        client_secret: Callable[[], str],
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server_url = f"{server_url.rstrip('/')}/"
        self._realm = realm
        self._client_id = client_id
        self._client_secret = client_secret
        self._sleep = sleep
        self._monotonic = monotonic
        self._made: KeycloakAdmin | None = None
        self._roles: dict[str, Representation] = {}

    def call(self, operation: Callable[[KeycloakAdmin], _T], *, repeat: bool = True) -> _T:
        """Return what the operation returns, repeated after a passing failure unless ``repeat`` is off.

        Raises ``IdentityUnavailableError`` for no answer, 429 and 5xx. Any other refusal goes on as the
        ``KeycloakError`` that it is.
        """
        from keycloak.exceptions import KeycloakAuthenticationError, KeycloakConnectionError, KeycloakError

        pauses = iter(PAUSES_SECONDS if repeat else ())
        renewed = False
        begun = self._monotonic()
        while True:
            try:
                return operation(self._admin())
            except KeycloakAuthenticationError:
                # The secret was changed after this process read it, or the realm has new keys.
                if renewed:
                    raise
                renewed, self._made = True, None
            except KeycloakError as error:
                passing = isinstance(error, KeycloakConnectionError) or status_of(error) == 429
                if not passing and status_of(error) < 500:
                    raise
                pause = next(pauses, None)
                if pause is None or self._monotonic() - begun > SLOW_SECONDS:
                    raise IdentityUnavailableError from error
                self._sleep(pause)

    def found(self, operation: Callable[[KeycloakAdmin], _T]) -> _T | None:
        """Like `call`, with None for 404."""
        from keycloak.exceptions import KeycloakError

        try:
            return self.call(operation)
        except KeycloakError as error:
            if status_of(error) == 404:
                return None
            raise

    def unless_present(self, operation: Callable[[KeycloakAdmin], object]) -> bool:
        """Make something; False when it is there already (409)."""
        from keycloak.exceptions import KeycloakError

        try:
            self.call(operation)
        except KeycloakError as error:
            if status_of(error) == 409:
                return False
            raise
        return True

    def get(self, path: str, **query: Any) -> Any:
        """GET below the realm, for what python-keycloak has no method for, or only one that reads every page."""
        from keycloak.exceptions import KeycloakGetError, raise_error_from_response

        url = f"admin/realms/{self._realm}/{path}"
        return self.call(
            lambda admin: raise_error_from_response(admin.connection.raw_get(url, **query), KeycloakGetError)
        )

    def pages(self, path: str, **query: Any) -> Iterator[Representation]:
        """Yield the items of a list, page by page as they are asked for."""
        first = 0
        while True:
            page: list[Representation] = self.get(path, **query, first=first, max=PAGE_SIZE)
            yield from page
            if len(page) < PAGE_SIZE:
                return
            first += PAGE_SIZE

    def role(self, name: str) -> Representation:
        """A realm role as role mappings want it; read once."""
        if name not in self._roles:
            self._roles[name] = self.call(lambda admin: admin.get_realm_role(name))
        return self._roles[name]

    def role_names(self, user_id: str) -> list[str]:
        """The realm roles that were given to a person or service account itself."""
        given = self.call(lambda admin: admin.get_realm_roles_of_user(user_id))
        return [role["name"] for role in given]

    def _admin(self) -> KeycloakAdmin:
        if self._made is None:
            from keycloak import KeycloakAdmin, KeycloakOpenIDConnection

            connection = KeycloakOpenIDConnection(
                server_url=self._server_url,
                realm_name=self._realm,
                client_id=self._client_id,
                client_secret_key=self._client_secret(),
                timeout=TIMEOUT_SECONDS,
                # Repeating is decided here, where it is known what may be repeated.
                max_retries=0,
            )
            self._made = KeycloakAdmin(connection=connection)
        return self._made
