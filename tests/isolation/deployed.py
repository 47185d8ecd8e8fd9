"""The services as they are deployed to the local stack, over HTTP and with their real streams, bus and queues."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
from port import SETTINGS, Answer, Call, Caller, Model, media_type

from zebros_auth.adapters.keycloak import KeycloakIdentity
from zebros_auth.domain.identity import TENANT_ROLES, NewPerson
from zebros_auth.realm.admin import KeycloakRealmAdmin
from zebros_core.auth.internal import InternalTokens
from zebros_core.bulk.client import bulk_function
from zebros_core.clock import SystemClock
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.registry import DynamoDbTenantRegistry, Tenant
from zebros_core.tenancy.silo_tables import SiloTables
from zebros_local.demo_realm import credential
from zebros_local.demo_tenants import REGISTRY_TABLE
from zebros_local.deploy import emulator_client
from zebros_local.identity import LocalIdentity
from zebros_local.settings import STAGE
from zebros_local.state import StackState

STACKS = [
    f"zebros-{service}-{STAGE}" for service in ("auth", "customers", "pipeline", "activities", "jobs", "sync")
]
ADMIN_SECRET = "local-secret"
PASSWORD = "demo"
# Keycloak's tokens live fifteen minutes.
TOKEN_SECONDS = 600
# Two seconds are promised from a write to what its events derive. A first start of a function comes on top; and what
# failed once on a busy machine comes again minutes later.
_PATIENCE_SECONDS = 150.0


# An erasure waits for a minute until what was under way has arrived.
_JOB_PATIENCE_SECONDS = 400.0


class DeployedService:
    """The port's adapter over a running local stack."""

    pictures_are_cheap = False
    callers_at_once = 6

    def __init__(self, state: StackState) -> None:
        self._state = state
        self._http = httpx.Client(base_url=state.api_url, timeout=60)
        self._identity = LocalIdentity.of(state)
        self._lambda = emulator_client("lambda", state)
        self._tokens: dict[Caller, tuple[str, float]] = {}
        self._realm = KeycloakRealmAdmin(state.identity_url, "zebros", "zebros-admin", ADMIN_SECRET)
        issuer = f"{state.identity_url}/realms/zebros"
        self._provider = KeycloakIdentity.of_issuer(issuer, lambda: ADMIN_SECRET)

    def register(self, model: Model) -> str:
        """Make a new, empty tenant and return its id."""
        id = f"{model}{uuid.uuid4().hex[:10]}"
        dynamodb = emulator_client("dynamodb", self._state)
        if model == "silo":
            cloudformation = emulator_client("cloudformation", self._state)
            SiloTables(dynamodb, self._lambda, cloudformation, STAGE).provision(id, STACKS)
        registry = DynamoDbTenantRegistry(dynamodb, REGISTRY_TABLE)
        registry.put(Tenant(id=id, name=id, isolation=model, settings=SETTINGS))
        return id

    def enrol(self, caller: Caller) -> Caller:
        """Make the caller known to the stack's identity provider; the stand-in gives the id."""
        if self._state.identity == "keycloak":
            self._imported(caller)
            return caller
        role = next((role for role in caller.roles if role in TENANT_ROLES), "viewer")
        person = self._provider.ensure_person(
            NewPerson(_address(caller), caller.user, caller.tenant, role, caller.team)
        )
        return replace(caller, user=person.id)

    def _imported(self, caller: Caller) -> None:
        """Import the caller into Keycloak under the id that they have, with whatever roles they are to have."""
        attributes = {"tenant_id": [caller.tenant], "team": [caller.team]}
        user = {
            "id": caller.user,
            "username": _address(caller),
            "email": _address(caller),
            "emailVerified": True,
            "enabled": True,
            "attributes": {name: values for name, values in attributes.items() if values[0]},
            "realmRoles": [*caller.roles, "default-roles-zebros"],
            "credentials": [credential(PASSWORD)],
        }
        self._realm.post("/partialImport", {"ifResourceExists": "OVERWRITE", "users": [user]})

    def call(self, caller: Caller, call: Call) -> Answer:
        """Send a request as the caller."""
        answer = self._http.request(
            call.method,
            quote(call.path, safe="/:"),
            params=dict(call.query),
            headers={"authorization": f"Bearer {self._token(caller)}", **media_type(call), **call.headers},
            content=None if call.body is None else json.dumps(call.body),
        )
        return Answer(answer.status_code, dict(answer.headers), answer.text)

    def _token(self, caller: Caller) -> str:
        made = self._tokens.get(caller)
        if made is None or time.monotonic() - made[1] > TOKEN_SECONDS:
            made = self._tokens[caller] = (self._signed_in(caller), time.monotonic())
        return made[0]

    def _signed_in(self, caller: Caller) -> str:
        if self._state.identity == "keycloak":
            if caller not in self._tokens:
                self._imported(caller)
            return self._identity.sign_in(_address(caller), PASSWORD).access
        claims = {"scope": caller.scope} if caller.scope else None
        return self._identity.mint(
            tenant=caller.tenant, sub=caller.user, roles=caller.roles, team=caller.team, claims=claims
        )

    def upload(self, form: Mapping[str, Any], content: bytes) -> None:
        """Send the form as a browser would."""
        httpx.post(form["url"], data=form["fields"], files={"file": content}).raise_for_status()

    def finish(self, caller: Caller, job_id: str) -> None:
        """Wait until the job has ended."""
        deadline = time.monotonic() + _JOB_PATIENCE_SECONDS
        while True:
            answer = self.call(caller, Call("GET", f"/v1/jobs/{job_id}"))
            assert answer.status == 200, answer.text
            if answer.body["state"] in ("succeeded", "failed", "cancelled"):
                break
            assert time.monotonic() < deadline, f"no end after {_JOB_PATIENCE_SECONDS} s: {answer.text}"
            time.sleep(0.5)

    def settle(self, tenant: str) -> None:
        """Wait until no job of the tenant runs, and the queues of events are empty and nothing more comes."""
        self._await_jobs(tenant)
        sqs = emulator_client("sqs", self._state)
        # Cache repair is what a request has done already: nothing here waits for it.
        queues = [url for url in sqs.list_queues()["QueueUrls"] if not url.endswith(("-dlq", "-cache"))]
        deadline = time.monotonic() + _PATIENCE_SECONDS
        quiet = 0
        while quiet < 4:
            if time.monotonic() > deadline:
                raise AssertionError(f"events are still under way after {_PATIENCE_SECONDS} s")
            time.sleep(0.5)
            quiet = 0 if any(self._waiting(sqs, url) for url in queues) else quiet + 1

    def _await_jobs(self, tenant: str) -> None:
        """Wait until the tenant has no job that is queued or runs: it would write on."""
        deadline = time.monotonic() + _JOB_PATIENCE_SECONDS
        while open_jobs := [row for row in self.rows(tenant) if _is_open_job(row)]:
            assert time.monotonic() < deadline, f"no end after {_JOB_PATIENCE_SECONDS} s: {open_jobs}"
            time.sleep(0.5)

    @staticmethod
    def _waiting(sqs: Any, url: str) -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        numbers = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return any(int(number) for number in numbers.values())

    def rows(self, tenant: str) -> list[str]:
        """Return every stored row of a tenant: in its own tables, or among all the rows of those that are shared."""
        dynamodb = emulator_client("dynamodb", self._state)
        names = [
            name for page in dynamodb.get_paginator("list_tables").paginate() for name in page["TableNames"]
        ]
        own = f"zebros-{STAGE}-t-"
        found: list[str] = []
        for name in names:
            if name.startswith(own) and not name.startswith(f"{own}{tenant}-"):
                continue
            pages = dynamodb.get_paginator("scan").paginate(
                TableName=name,
                FilterExpression="tenantId = :tenant",
                ExpressionAttributeValues={":tenant": {"S": tenant}},
            )
            found += [
                f"{name} {json.dumps(row, sort_keys=True, default=repr)}"
                for page in pages
                for row in page["Items"]
            ]
        return sorted(found)

    def bulk(self, service: str, payload: Mapping[str, Any]) -> Any:
        """Invoke the bulk door of a service."""
        function = bulk_function(service, STAGE)
        answer = self._lambda.invoke(FunctionName=function, Payload=json.dumps(payload))
        return json.loads(answer["Payload"].read())

    def sign(
        self,
        service: str,
        caller: Caller,
        model: Model,
        *,
        audience: str | None = None,
        scopes: frozenset[str] = frozenset(),
        job: str | None = None,
    ) -> str:
        """Sign an internal call with the key that the deployed functions derive."""
        function = bulk_function(service, STAGE)
        variables = self._lambda.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        key = hmac.new(variables["CURSOR_SECRET"].encode(), b"internal-calls", hashlib.sha256).digest()
        context = TenantContext(
            caller.tenant,
            caller.user,
            roles=frozenset(caller.roles),
            scopes=scopes,
            isolation=model,
            team_id=caller.team,
            job_id=job,
        )
        return InternalTokens(key, SystemClock()).sign(context, audience=audience or function)


def _is_open_job(row: str) -> bool:
    table, _, content = row.partition(" ")
    return table.endswith("-jobs") and "openTenant" in json.loads(content)


def _address(caller: Caller) -> str:
    return f"{caller.user}@{caller.tenant}.example"
