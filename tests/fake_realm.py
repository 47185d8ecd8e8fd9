"""Keycloak's admin API in memory, as far as the comparison of the realm uses it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from zebros_auth.realm.admin import RealmAdminError

_PROFILE = "org.keycloak.userprofile.UserProfileProvider"
_BESIDE = ("roles", "clientScopes", "clients", "users", "components", "scopeMappings", "clientScopeMappings")

Item = dict[str, Any]


class FakeRealm:
    """A realm just after the import of a file. ``refused`` holds beginnings of paths that may not be written."""

    def __init__(self, realm: Mapping[str, Any]) -> None:
        realm = deepcopy(dict(realm))
        self.refused: list[str] = []
        self.writes: list[str] = []
        self._ids = count(1)
        self.settings: Item = {name: value for name, value in realm.items() if name not in _BESIDE}
        self.settings.update(id="realm-id", bruteForceStrategy="MULTIPLE")
        self.profile: Item = json.loads(
            realm["components"][_PROFILE][0]["config"]["kc.user.profile.config"][0]
        )
        self.roles = {role["name"]: self._role(role) for role in realm["roles"]["realm"]}
        self.scopes = {scope["name"]: self._with_mapper_ids(scope) for scope in realm["clientScopes"]}
        self.clients = {client["clientId"]: self._with_mapper_ids(client) for client in realm["clients"]}
        for name in ("realm-management", "broker"):
            self.clients[name] = self._with_mapper_ids({"clientId": name})
        # What hangs on something else, by the path that lists it: name to item.
        self.lists: dict[str, dict[str, Item]] = {}
        self._import_lists(realm)

    def get(self, path: str) -> Any:
        url = urlsplit(path)
        found = self._find(url.path, parse_qs(url.query))
        if found is None:
            raise RealmAdminError(f"GET {path}: 404")
        return deepcopy(found)

    def post(self, path: str, body: Any) -> None:
        self._write("POST", path)
        if path == "/roles":
            self.roles[body["name"]] = self._role(body)
        elif path == "/client-scopes":
            self.scopes[body["name"]] = self._with_mapper_ids(body)
        elif path == "/clients":
            client = self.clients[body["clientId"]] = self._with_mapper_ids(body)
            self._attach_scopes(client, body)
        elif owner := re.fullmatch(r"(/\S+)/protocol-mappers/models", path):
            self._owner(owner[1])["protocolMappers"].append({**body, "id": self._id("mapper")})
        else:
            self.lists.setdefault(path, {}).update({item["name"]: item for item in body})

    def put(self, path: str, body: Any) -> None:
        self._write("PUT", path)
        if path == "":
            self.settings = deepcopy(body)
        elif path == "/users/profile":
            self.profile = deepcopy(body)
        elif role := re.fullmatch(r"/roles/([^/]+)", path):
            self.roles[unquote(role[1])] = deepcopy(body)
        elif mapper := re.fullmatch(r"(/\S+)/protocol-mappers/models/([^/]+)", path):
            mappers = self._owner(mapper[1])["protocolMappers"]
            mappers[:] = [body if each["id"] == mapper[2] else each for each in mappers]
        elif attached := re.fullmatch(r"(/\S+-client-scopes)/([^/]+)", path):
            scope = next(each for each in self.scopes.values() if each["id"] == attached[2])
            self.lists.setdefault(attached[1], {})[scope["name"]] = scope
        else:
            self._owner(path).update(deepcopy(body))

    def delete(self, path: str, body: Any = None) -> None:
        self._write("DELETE", path)
        if mapper := re.fullmatch(r"(/\S+)/protocol-mappers/models/([^/]+)", path):
            mappers = self._owner(mapper[1])["protocolMappers"]
            mappers[:] = [each for each in mappers if each["id"] != mapper[2]]
        elif attached := re.fullmatch(r"(/\S+-client-scopes)/([^/]+)", path):
            there = self.lists[attached[1]]
            self.lists[attached[1]] = {
                name: each for name, each in there.items() if each["id"] != attached[2]
            }
        else:
            for item in body:
                del self.lists[path][item["name"]]

    def remove_role(self, name: str) -> None:
        """Remove a role as Keycloak does: from everything that it hangs on."""
        del self.roles[name]
        for items in self.lists.values():
            items.pop(name, None)

    def _find(self, path: str, query: Mapping[str, list[str]]) -> Any:
        if path == "":
            return self.settings
        if path == "/users/profile":
            return self.profile
        if path == "/roles":
            return [self._shown_role(role) for role in self.roles.values()]
        if path == "/client-scopes":
            return list(self.scopes.values())
        if path == "/clients":
            found = self.clients.get(query["clientId"][0])
            return [found] if found else []
        if role := re.fullmatch(r"/roles/([^/]+)", path):
            return self.roles.get(unquote(role[1]))
        if role := re.fullmatch(r"/clients/([^/]+)/roles/([^/]+)", path):
            return {"name": unquote(role[2]), "clientRole": True, "containerId": role[1]}
        if account := re.fullmatch(r"/clients/([^/]+)/service-account-user", path):
            return {"id": f"account-of-{account[1]}"}
        return list(self.lists.get(path, {}).values())

    def _write(self, method: str, path: str) -> None:
        if any(path.startswith(refused) for refused in self.refused):
            raise RealmAdminError(f"{method} {path}: 403 Forbidden")
        self.writes.append(f"{method} {path}")

    def _owner(self, path: str) -> Item:
        _, kind, id = path.split("/")
        return next(
            each
            for each in {"clients": self.clients, "client-scopes": self.scopes}[kind].values()
            if each["id"] == id
        )

    def _id(self, kind: str) -> str:
        return f"{kind}-{next(self._ids)}"

    def _role(self, role: Mapping[str, Any]) -> Item:
        return {"clientRole": False, "containerId": "realm-id", **role, "id": self._id("role")}

    def _shown_role(self, role: Item) -> Item:
        return {**role, "composite": bool(self.lists.get(f"/roles/{role['name']}/composites"))}

    def _with_mapper_ids(self, owner: Mapping[str, Any]) -> Item:
        mappers = [{**mapper, "id": self._id("mapper")} for mapper in owner.get("protocolMappers", [])]
        return {**deepcopy(dict(owner)), "id": self._id("owner"), "protocolMappers": mappers}

    def _client_role(self, owner: str, name: str) -> Item:
        return {"name": name, "clientRole": True, "containerId": self.clients[owner]["id"]}

    def _attach_scopes(self, client: Item, body: Mapping[str, Any]) -> None:
        for kind in ("default", "optional"):
            names = body.get(f"{kind}ClientScopes", [])
            path = f"/clients/{client['id']}/{kind}-client-scopes"
            self.lists[path] = {name: self.scopes[name] for name in names}

    def _import_lists(self, realm: Mapping[str, Any]) -> None:
        for client in list(self.clients.values()):
            self._attach_scopes(client, client)
        for kind in ("Default", "Optional"):
            path = f"/default-{kind.lower()}-client-scopes"
            self.lists[path] = {name: self.scopes[name] for name in realm[f"default{kind}ClientScopes"]}
        for role in realm["roles"]["realm"]:
            held = role.get("composites", {})
            items = {name: self.roles[name] for name in held.get("realm", ())}
            for owner, names in held.get("client", {}).items():
                items |= {name: self._client_role(owner, name) for name in names}
            self.lists[f"/roles/{role['name']}/composites"] = items
        for mapping in realm["scopeMappings"]:
            path = f"/client-scopes/{self.scopes[mapping['clientScope']]['id']}/scope-mappings/realm"
            self.lists[path] = {name: self.roles[name] for name in mapping["roles"]}
        for owner, mappings in realm["clientScopeMappings"].items():
            for mapping in mappings:
                scope = mapping.get("clientScope")
                place = (
                    f"client-scopes/{self.scopes[scope]['id']}"
                    if scope
                    else f"clients/{self.clients[mapping['client']]['id']}"
                )
                path = f"/{place}/scope-mappings/clients/{self.clients[owner]['id']}"
                self.lists[path] = {name: self._client_role(owner, name) for name in mapping["roles"]}
        for user in realm["users"]:
            account = f"/users/account-of-{self.clients[user['serviceAccountClientId']]['id']}/role-mappings"
            self.lists[f"{account}/realm"] = {name: self.roles[name] for name in user["realmRoles"]}
            for owner, names in user["clientRoles"].items():
                path = f"{account}/clients/{self.clients[owner]['id']}"
                self.lists[path] = {name: self._client_role(owner, name) for name in names}
