"""What the composition root of every service has in common: settings to clients, once per container.

A service's ``Container`` extends ``ServiceContainer`` with its repositories and use cases. Nothing is built at
import: each part is made when it is first asked for, so that a function pays at its start for what it uses only.
"""

# botocore ships no types: they end here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zebros_core.auth.permissions import PermissionTable
from zebros_core.cache import Layer, ResponseCache, Written, create_cache
from zebros_core.clock import Clock, HybridLogicalClock, SystemClock
from zebros_core.dynamodb.client import DynamoDbCalls, create_client
from zebros_core.dynamodb.idempotency import IdempotencyRecords
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import DataAccess, TenantStore
from zebros_core.errors import NotFoundError, UnavailableError
from zebros_core.observability import Metrics, configure_logging
from zebros_core.settings import CoreSettings
from zebros_core.storage import LazyS3Client
from zebros_core.tenancy import SystemContext, TenantContext
from zebros_core.tenancy.registry import CachedTenantRegistry, DynamoDbTenantRegistry, TenantRegistry

if TYPE_CHECKING:
    from zebros_core.audit.trail import AuditTrail
    from zebros_core.auth.internal import InternalTokens
    from zebros_core.auth.verifier import TokenVerifier
    from zebros_core.bulk.client import BulkDoorClient, BulkDoors
    from zebros_core.dynamodb.schema import EntitySchema
    from zebros_core.http.app import HttpApp
    from zebros_core.http.routing import Route
    from zebros_core.messaging import (
        Consumer,
        EntityChanged,
        EventBus,
        FailureStore,
        SnapshotStore,
        StreamPublisher,
    )
    from zebros_core.tenancy.credentials import TenantCredentials

__all__ = ["ServiceContainer"]


class ServiceContainer:
    """What the functions of a service share.

    - ``service``: its short name, as in ``zebros-{service}-{stage}``, and the source of its events
      ``zebros.{service}``.
    - ``lookup_table``: base name of the lookup table in which outcomes of repeated requests are kept.
    - ``layers``: the layers of the response cache, by entity or list.
    - ``lists_of``: entity -> the lists whose cached pages a write of it outdates; an entity that is not named here is
      not cached.
    """

    def __init__(
        self,
        core: CoreSettings,
        *,
        service: str,
        lookup_table: str,
        layers: Mapping[str, Layer] | None = None,
        lists_of: Mapping[str, Sequence[str]] | None = None,
        clock: Clock | None = None,
        dynamodb: Any = None,
    ) -> None:
        self.core = core
        self.service = service
        self.event_source = f"zebros.{service}"
        self.clock = clock or SystemClock()
        self.logger = configure_logging(service, core.stage, core.log_level)
        self.metrics = Metrics(namespace="Zebros", service=service, stage=core.stage, clock=self.clock)
        self.dynamodb = dynamodb or create_client(core)
        self.calls = DynamoDbCalls()
        self.s3 = LazyS3Client(core)
        self._lookup_table = lookup_table
        self._layers = dict(layers or {})
        self._lists_of = dict(lists_of or {})

    def client(self, name: str, config: Any = None) -> Any:
        """Return a new client of an AWS service, of this stage's region and endpoint."""
        import botocore.session

        return botocore.session.get_session().create_client(
            name,
            region_name=self.core.aws_region,
            endpoint_url=self.core.aws_endpoint_url or None,
            config=config,
        )

    # -- keys ------------------------------------------------------------------------------------------------

    @cached_property
    def secret(self) -> bytes:
        """The deployment's secret, from which the keys of cursors and internal calls are derived."""
        if self.core.cursor_secret:
            return self.core.cursor_secret.encode()
        return self.secret_parameter(self.core.cursor_secret_parameter).encode()

    def secret_parameter(self, name: str) -> str:
        """Return a parameter of the parameter store, decrypted."""
        answer = self.client("ssm").get_parameter(Name=name, WithDecryption=True)
        return str(answer["Parameter"]["Value"])

    def key_for(self, purpose: str) -> bytes:
        """Return the key for one purpose, so that what is signed for one is worth nothing for another."""
        return hmac.new(self.secret, purpose.encode(), hashlib.sha256).digest()

    @cached_property
    def internal_tokens(self) -> InternalTokens:
        """Signs and checks the contexts of internal calls."""
        from zebros_core.auth.internal import InternalTokens

        return InternalTokens(self.key_for("internal-calls"), self.clock)

    # -- use cases -------------------------------------------------------------------------------------------

    def workspace(self, context: TenantContext) -> Any:
        """Return what a use case works with for this caller; each service has its own."""
        raise NotImplementedError(f"the service {self.service} has no workspaces")

    def system_workspace(self, tenant_id: str, cause: str, job_id: str | None = None) -> Any:
        """Return what our own machinery works with for a tenant, or for its job: it may do everything there."""
        raise NotImplementedError(f"the service {self.service} has no workspaces")

    # -- other services --------------------------------------------------------------------------------------

    @property
    def bulk_function(self) -> str:
        """The name of this service's bulk door."""
        from zebros_core.bulk.client import bulk_function

        return bulk_function(self.service, self.core.stage)

    @cached_property
    def bulk_doors(self) -> BulkDoors:
        """The bulk doors of the services of this stage."""
        from zebros_core.bulk.client import ANSWER_SECONDS

        return self.doors_answering(ANSWER_SECONDS)

    def doors_answering(self, seconds: float) -> BulkDoors:
        """Return the bulk doors of the services of this stage for callers who wait so long for an answer."""
        from botocore.config import Config

        from zebros_core.bulk.client import BulkDoors, LambdaInvoke

        # One attempt: what a door has done is told by its receipts, to whoever asks again with the same mutation ids.
        once = Config(connect_timeout=2, read_timeout=seconds, retries={"total_max_attempts": 1})
        return BulkDoors(
            LambdaInvoke(lambda: self.client("lambda", once)),
            self.internal_tokens.sign,
            stage=self.core.stage,
            clock=self.clock,
        )

    def system_door(self, service: str, tenant_id: str, cause: str) -> BulkDoorClient:
        """Return another service's bulk door for our own machinery: it may do everything in that tenant."""
        acting, _ = self.system_access(tenant_id, cause)
        return self.bulk_doors.system_door(service, acting)

    # -- data ------------------------------------------------------------------------------------------------

    @cached_property
    def access(self) -> DataAccess:
        """The data access layer."""
        return DataAccess(
            self.dynamodb,
            table_prefix=self.core.table_prefix,
            cursor_key=self.key_for("cursors"),
            clock=self.clock,
            hlc=HybridLogicalClock(self.clock),
            calls=self.calls,
        )

    @cached_property
    def registry(self) -> TenantRegistry:
        """The tenant registry, at most 30 seconds old."""
        return CachedTenantRegistry(self.current_registry, self.clock)

    @cached_property
    def current_registry(self) -> TenantRegistry:
        """The tenant registry as it is now, at the price of a read each time."""
        return DynamoDbTenantRegistry(self.dynamodb, f"{self.core.table_prefix}-tenants")

    @cached_property
    def cache(self) -> ResponseCache:
        """The response cache; none where no Redis is configured."""
        core = self.core
        return create_cache(
            core.redis_url,
            self._layers,
            self.clock,
            password=self._cache_password if core.redis_password_parameter else None,
            on_trouble=self._count_cache_trouble,
        )

    @cached_property
    def tenant_credentials(self) -> TenantCredentials | None:
        """Credentials that reach one tenant only; None where this function works with its own role."""
        if not self.core.tenant_role_arn:
            return None
        from zebros_core.tenancy.credentials import TenantCredentials

        return TenantCredentials.from_settings(
            self.core, self.dynamodb, self.clock, on_error=self._count_credential_trouble
        )

    def request_store(self, context: TenantContext) -> TenantStore:
        """Return the caller's access to their tenant's tables: with the tenant's own credentials where the
        function has a role to assume for that.
        """
        credentials = self.tenant_credentials
        return self.access.bind(
            context, client=None if credentials is None else credentials.client_for(context)
        )

    def system_access(
        self, tenant_id: str, cause: str, job_id: str | None = None
    ) -> tuple[TenantContext, TenantStore]:
        """Return the context and the store with which our own machinery works for a tenant, for a job if it is one's.

        A function that reaches tables of tenants with their credentials only, such as a bulk door, does so here too.
        """
        tenant = self.registry.get(tenant_id)
        system = SystemContext(
            tenant_id,
            cause,
            isolation=tenant.isolation,
            index_shards=tenant.index_shards,
            job_id=job_id,
        )
        acting = TenantContext(
            tenant_id,
            system.actor,
            isolation=tenant.isolation,
            index_shards=tenant.index_shards,
            job_id=job_id,
        )
        credentials = self.tenant_credentials
        client = None if credentials is None else credentials.client_for(acting)
        return acting, self.access.bind(system, client=client)

    def note_written(self, tenant_id: str, written: Mapping[str, Collection[tuple[str, int]]]) -> None:
        """Tell the cache of records that were written, by entity, as id and version, where bodies are not at hand."""
        writes: list[Written] = []
        lists: set[str] = set()
        for entity, records in written.items():
            if records and entity in self._lists_of:
                writes += [Written(entity, id, version, None) for id, version in records]
                lists.update(self._lists_of[entity])
        if writes:
            self.cache.written_many(tenant_id, writes, sorted(lists))

    def repair_cache(self, change: EntityChanged) -> None:
        """Raise the floor of a record to the change's version, and the generation of the lists that it is in.

        Usually the request that wrote has done both; then nothing is left to do but to outdate lists once more. Raises
        UnavailableError when the cache does not answer, so that the event comes again.
        """
        write = Written(change.entity, change.id, change.version, None, committed_at=change.occurred_at)
        if not self.cache.written_many(change.tenant_id, [write], self._lists_of[change.entity]):
            raise UnavailableError(detail="the cache does not answer")

    # -- requests --------------------------------------------------------------------------------------------

    @cached_property
    def permissions(self) -> PermissionTable:
        """The role table."""
        return PermissionTable.load(Path(self.core.permissions_file).read_bytes())

    @cached_property
    def verifier(self) -> TokenVerifier:
        """Verifies access tokens by the issuer's keys, which are fetched at the first request."""
        from zebros_core.auth.jwks import JwksClient, SharedJwks, jwks_fetch
        from zebros_core.auth.verifier import TokenVerifier

        core = self.core
        shared = (
            SharedJwks(self.cache, core.oidc_issuer, lambda: self.key_for("jwks")) if core.redis_url else None
        )
        keys = JwksClient(
            jwks_fetch(core.oidc_issuer, core.oidc_jwks_uri or None),
            self.clock,
            shared=shared,
            on_error=self._count_jwks_trouble,
        )
        return TokenVerifier(keys, self.clock, issuer=core.oidc_issuer, audience=core.oidc_audience)

    def http_app(self, routes: Iterable[Route]) -> HttpApp:
        """Return the public API of these routes."""
        from zebros_core.http.app import HttpApp

        return HttpApp(
            routes,
            services=self,
            verifier=self.verifier,
            registry=self.registry,
            permissions=self.permissions,
            cache=self.cache,
            metrics=self.metrics,
            logger=self.logger,
            clock=self.clock,
            idempotency=lambda context: IdempotencyRecords(
                LookupTable(self.request_store(context), self._lookup_table)
            ),
            audit=self.audit_trail,
        )

    @cached_property
    def audit_trail(self) -> AuditTrail:
        """Takes what belongs into the audit log; its client is made at the first entry."""
        from zebros_core.audit.trail import BusAuditTrail

        return BusAuditTrail(self._audit_bus)

    def _audit_bus(self) -> EventBus:
        from botocore.config import Config

        from zebros_core.messaging.bus import EventBus

        # A person waits for the answer that is being recorded: three quick attempts, or it is not done.
        brief = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
        return EventBus(self.client("events", brief), self.core.event_bus, self.event_source, attempts=3)

    # -- events ----------------------------------------------------------------------------------------------

    @cached_property
    def failures(self) -> FailureStore:
        """Keeps what cannot be handled, for a replay."""
        from zebros_core.messaging import FailureStore

        return FailureStore(self.s3, self.core.failures_bucket, self.clock)

    @cached_property
    def snapshots(self) -> SnapshotStore:
        """Keeps the snapshots that are too large for the bus, and reads them back."""
        from zebros_core.messaging import SnapshotStore

        return SnapshotStore(self.s3, self.core.failures_bucket)

    def stream_publisher(self, schemas: Iterable[EntitySchema[Any]]) -> StreamPublisher:
        """Return what publishes the changes of these entities' tables."""
        from zebros_core.messaging import EventBus, StreamPublisher

        return StreamPublisher(
            {schema.table: schema for schema in schemas},
            table_prefix=self.core.table_prefix,
            bus=EventBus(self.client("events"), self.core.event_bus, self.event_source),
            snapshots=self.snapshots,
            failures=self.failures,
        )

    def consumer(
        self,
        name: str,
        handle: Callable[[EntityChanged], None] | None = None,
        *,
        handle_batch: Callable[[Sequence[EntityChanged]], None] | None = None,
        entities: frozenset[str],
        fold: bool,
        source: str | Collection[str] | None = None,
    ) -> Consumer:
        """Return a consumer of this service's own events, or of those of other sources."""
        from zebros_core.messaging import Consumer

        return Consumer(
            handle,
            handle_batch=handle_batch,
            name=name,
            source=source or self.event_source,
            entities=entities,
            fold=fold,
            serves=self.keeps_data_of,
        )

    def whole(self, change: EntityChanged) -> EntityChanged:
        """Return the change with its snapshot, wherever that was kept."""
        return change.model_copy(update={"snapshot": self.snapshots.snapshot(change), "snapshot_ref": None})

    def keeps_data_of(self, tenant_id: str) -> bool:
        """Tell whether a tenant's data is still being kept: not while it is erased, nor afterwards; nor while its
        onboarding or offboarding has failed, since some of what would keep it may be gone, or not there yet.

        What the registry said up to 30 seconds ago counts, so an erasure begins later than that.
        """
        try:
            return self.registry.get(tenant_id).status not in ("offboarding", "offboarded", "failed")
        except NotFoundError:
            return True

    def _cache_password(self) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self.secret_parameter(self.core.redis_password_parameter)
        except (BotoCoreError, ClientError) as trouble:
            raise OSError("the password of the cache cannot be read") from trouble

    def _count_cache_trouble(self, kind: str) -> None:
        self.metrics.emit({"CacheTrouble": (1, "Count")}, properties={"kind": kind})

    def _count_jwks_trouble(self, error: Exception) -> None:
        self.metrics.emit({"SigningKeyTrouble": (1, "Count")}, properties={"reason": str(error)})

    def _count_credential_trouble(self, kind: str) -> None:
        self.metrics.emit({"TenantCredentialTrouble": (1, "Count")}, properties={"kind": kind})
