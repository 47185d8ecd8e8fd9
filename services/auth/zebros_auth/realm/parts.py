"""The parts of a realm, each compared with the file. The order is that of repair: what others refer to comes first."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from zebros_auth.realm.admin import RealmAdmin
from zebros_auth.realm.differences import Difference, compare, overlay
from zebros_auth.realm.mappers import mapper_differences

Realm = Mapping[str, Any]

# Parts of the file that are no fields of the realm itself.
_ELSEWHERE = frozenset(
    {
        *("realm", "roles", "clientScopes", "scopeMappings", "clientScopeMappings"),
        *(
            "defaultRole",
            "defaultDefaultClientScopes",
            "defaultOptionalClientScopes",
            "clients",
            "users",
            "components",
        ),
    }
)
_PROFILE = "org.keycloak.userprofile.UserProfileProvider"
_CLIENT_APART = frozenset({"defaultClientScopes", "optionalClientScopes", "protocolMappers"})


def realm_settings(realm: Realm, admin: RealmAdmin) -> Iterator[Difference]:
    """Lifetimes, policies, brute-force protection, events, mail, languages."""
    wanted = {name: value for name, value in realm.items() if name not in _ELSEWHERE}
    current = admin.get("")
    details = tuple(compare(wanted, current))
    if details:
        # The mail server's password comes back masked; writing the mask back keeps it, writing the file's sets it.
        yield Difference("realm", "settings", details, partial(admin.put, "", overlay(wanted, current)))


def user_profile(realm: Realm, admin: RealmAdmin) -> Iterator[Difference]:
    """Which attributes people have and who may change them. Compared whole: one more is one too many."""
    component = realm["components"][_PROFILE][0]
    wanted = json.loads(component["config"]["kc.user.profile.config"][0])
    current = admin.get("/users/profile")
    details = [
        *compare(_by_name(wanted["attributes"]), _by_name(current.get("attributes", [])), "attribute "),
        *compare({"groups": wanted["groups"]}, current),
        *(
            f"attribute {name} should not be there"
            for name in sorted(
                _by_name(current.get("attributes", [])).keys() - _by_name(wanted["attributes"]).keys()
            )
        ),
    ]
    if current.get("unmanagedAttributePolicy"):
        details.append(f"unmanaged attributes are {current['unmanagedAttributePolicy']}, should be refused")
    if details:
        yield Difference(
            "user profile", "attributes", tuple(details), partial(admin.put, "/users/profile", wanted)
        )


def realm_roles(realm: Realm, admin: RealmAdmin) -> Iterator[Difference]:
    """The roles that the file names, and what they hold: a role that holds another one would be a way up."""
    current = {role["name"]: role for role in admin.get("/roles?briefRepresentation=false&max=1000")}
    for role in realm["roles"]["realm"]:
        found = current.get(role["name"])
        if found is None:
            yield Difference("roles", role["name"], ("is missing",), partial(admin.post, "/roles", role))
            continue
        path = f"/roles/{quote(role['name'])}"
        plain = {name: value for name, value in role.items() if not name.startswith("composite")}
        details = tuple(compare(plain, found))
        if details:
            yield Difference("roles", role["name"], details, partial(admin.put, path, overlay(plain, found)))
        if found.get("composite") or role.get("composite"):
            yield from _held_roles(role, path, admin)


def _held_roles(role: Mapping[str, Any], path: str, admin: RealmAdmin) -> Iterator[Difference]:
    held = {_role_key(each): each for each in admin.get(f"{path}/composites")}
    wanted = role.get("composites", {})
    catalogue = {("", name): f"/roles/{quote(name)}" for name in wanted.get("realm", ())}
    for owner, names in wanted.get("client", {}).items():
        owner_id = _client_id(admin, owner) or ""
        catalogue |= {(owner_id, name): f"/clients/{owner_id}/roles/{quote(name)}" for name in names}
    missing = sorted(catalogue.keys() - held.keys())
    if missing:

        def add() -> None:
            admin.post(f"{path}/composites", [admin.get(catalogue[key]) for key in missing])

        names = ", ".join(name for _, name in missing)
        yield Difference("roles", role["name"], (f"does not hold {names}",), add)
    extra = sorted(held.keys() - catalogue.keys())
    if extra:
        names = ", ".join(name for _, name in extra)
        repair = partial(admin.delete, f"{path}/composites", [held[key] for key in extra])
        yield Difference("roles", role["name"], (f"should not hold {names}",), repair)


def _role_key(role: Mapping[str, Any]) -> tuple[str, str]:
    """A role's name and the id of the client that it belongs to; empty for a role of the realm."""
    return (role["containerId"] if role.get("clientRole") else "", role["name"])


def client_scopes(realm: Realm, admin: RealmAdmin) -> Iterator[Difference]:
    """What the scopes of the file put into a token, and which roles they let through."""
    current = {scope["name"]: scope for scope in admin.get("/client-scopes")}
    for scope in realm["clientScopes"]:
        name = scope["name"]
        found = current.get(name)
        if found is None:
            yield Difference("scopes", name, ("is missing",), partial(admin.post, "/client-scopes", scope))
            continue
        path = f"/client-scopes/{found['id']}"
        plain = {field: value for field, value in scope.items() if field != "protocolMappers"}
        details = tuple(compare(plain, found))
        if details:
            yield Difference("scopes", name, details, partial(admin.put, path, overlay(plain, found)))
        wanted_mappers = scope.get("protocolMappers", [])
        yield from mapper_differences(
            admin, f"scope {name}", path, wanted_mappers, found.get("protocolMappers", [])
        )


def scope_roles(realm: Realm, admin: RealmAdmin) -> Iterator[Difference]:
    """Which roles a scope lets into a token."""
    scopes = {scope["name"]: scope["id"] for scope in admin.get("/client-scopes")}
    realm_names = {scope["name"]: set[str]() for scope in realm["clientScopes"]}
    for mapping in realm["scopeMappings"]:
        realm_names[mapping["clientScope"]] |= set(mapping["roles"])
    for scope, names in realm_names.items():
        if scope in scopes:
            path = f"/client-scopes/{scopes[scope]}/scope-mappings/realm"
            yield from _role_set(admin, "scopes", f"{scope}, roles", path, names, "/roles")
    for owner, mappings in realm["clientScopeMappings"].items():
        owner_id = _client_id(admin, owner)
        for mapping in mappings:
            holder = mapping.get("clientScope") or mapping["client"]
            if "clientScope" in mapping:
                place = f"/client-scopes/{scopes[holder]}" if holder in scopes else None
            else:
                client_id = _client_id(admin, holder)
                place = f"/clients/{client_id}" if client_id else None
            if owner_id and place:
                path = f"{place}/scope-mappings/clients/{owner_id}"
                roles = f"/clients/{owner_id}/roles"
                yield from _role_set(
                    admin, "scopes", f"{holder}, roles of {owner}", path, set(mapping["roles"]), roles
                )


def default_scopes(realm: Realm, admin: RealmAdmin) -> Iterator[Difference]:
    """The scopes that a new client gets by itself."""
    for kind, field in (
        ("default", "defaultDefaultClientScopes"),
        ("optional", "defaultOptionalClientScopes"),
    ):
        path = f"/default-{kind}-client-scopes"
        yield from _scope_set(admin, "scopes", f"{kind} for new clients", path, realm[field])


def clients(realm: Realm, admin: RealmAdmin) -> Iterator[Difference]:
    """The clients that the file names. Others are tenants' integrations and stay as they are."""
    for client in realm["clients"]:
        name = client["clientId"]
        found = _client(admin, name)
        if found is None:
            yield Difference("clients", name, ("is missing",), partial(admin.post, "/clients", client))
            continue
        path = f"/clients/{found['id']}"
        plain = {field: value for field, value in client.items() if field not in _CLIENT_APART | {"secret"}}
        details = tuple(compare(plain, found))
        if details:
            yield Difference("clients", name, details, partial(admin.put, path, overlay(plain, found)))
        if "defaultClientScopes" in client:
            yield from mapper_differences(
                admin,
                f"client {name}",
                path,
                client.get("protocolMappers", []),
                found.get("protocolMappers", []),
            )
            for kind in ("default", "optional"):
                wanted = client[f"{kind}ClientScopes"]
                scopes = f"{path}/{kind}-client-scopes"
                yield from _scope_set(admin, "clients", f"{name}, {kind} scopes", scopes, wanted)


def service_accounts(realm: Realm, admin: RealmAdmin) -> Iterator[Difference]:
    """The roles of the file's service accounts, no more and no fewer."""
    for user in realm["users"]:
        client_id = _client_id(admin, user["serviceAccountClientId"])
        if client_id is None:
            continue  # made by the part before; looked at in the next round
        account = admin.get(f"/clients/{client_id}/service-account-user")
        mappings = f"/users/{account['id']}/role-mappings"
        subject = user["username"]
        yield from _role_set(
            admin, "service accounts", f"{subject}, roles", f"{mappings}/realm", set(user["realmRoles"]), "/roles",
            tolerated={f"default-roles-{realm['realm']}"},
        )  # fmt: skip
        for owner, names in user["clientRoles"].items():
            owner_id = _client_id(admin, owner)
            if owner_id:
                yield from _role_set(
                    admin, "service accounts", f"{subject}, roles of {owner}",
                    f"{mappings}/clients/{owner_id}", set(names), f"/clients/{owner_id}/roles",
                )  # fmt: skip


PARTS: tuple[Callable[[Realm, RealmAdmin], Iterator[Difference]], ...] = (
    realm_settings,
    user_profile,
    realm_roles,
    client_scopes,
    scope_roles,
    default_scopes,
    clients,
    service_accounts,
)


def _role_set(
    admin: RealmAdmin,
    part: str,
    subject: str,
    path: str,
    wanted: set[str],
    catalogue: str,
    tolerated: Collection[str] = (),
) -> Iterator[Difference]:
    """Compare the roles mapped at ``path`` with those wanted, which are looked up in ``catalogue`` when added."""
    mapped = {role["name"]: role for role in admin.get(path)}
    missing = sorted(wanted - mapped.keys())
    if missing:

        def add() -> None:
            admin.post(path, [admin.get(f"{catalogue}/{quote(name)}") for name in missing])

        yield Difference(part, subject, (f"lacks {', '.join(missing)}",), add)
    extra = sorted(mapped.keys() - wanted - set(tolerated))
    if extra:
        repair = partial(admin.delete, path, [mapped[name] for name in extra])
        yield Difference(part, subject, (f"should not have {', '.join(extra)}",), repair)


def _scope_set(
    admin: RealmAdmin, part: str, subject: str, path: str, wanted: list[str]
) -> Iterator[Difference]:
    attached = {scope["name"]: scope["id"] for scope in admin.get(path)}
    for name in sorted(set(wanted) - attached.keys()):

        def attach(name: str = name) -> None:
            ids = {scope["name"]: scope["id"] for scope in admin.get("/client-scopes")}
            admin.put(f"{path}/{ids[name]}", {})

        yield Difference(part, subject, (f"lack {name}",), attach)
    for name in sorted(attached.keys() - set(wanted)):
        repair = partial(admin.delete, f"{path}/{attached[name]}")
        yield Difference(part, subject, (f"should not have {name}",), repair)


def _client(admin: RealmAdmin, client_id: str) -> dict[str, Any] | None:
    found = admin.get(f"/clients?clientId={quote(client_id)}")
    return found[0] if found else None


def _client_id(admin: RealmAdmin, client_id: str) -> str | None:
    found = _client(admin, client_id)
    return found["id"] if found else None


def _by_name(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {item["name"]: item for item in items}
