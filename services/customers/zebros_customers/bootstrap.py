"""The composition root: settings to clients to repositories, once per container.

Nothing is built at import. Each Lambda entry asks for the part that it needs, so that a function pays at its start for
what it uses only.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zebros_core.auth.permissions import PermissionTable
from zebros_core.cache import ResponseCache, Written, create_cache
from zebros_core.clock import Clock, HybridLogicalClock, SystemClock
from zebros_core.dynamodb.client import DynamoDbCalls, create_client
from zebros_core.dynamodb.idempotency import IdempotencyRecords
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import DataAccess, TenantStore
from zebros_core.observability import Metrics, configure_logging
from zebros_core.storage import LazyS3Client, MultipartUploads, ObjectStore
from zebros_core.tenancy import SystemContext, TenantContext
from zebros_core.tenancy.registry import CachedTenantRegistry, DynamoDbTenantRegistry, TenantRegistry
from zebros_customers.repositories.contacts import ContactRepository
from zebros_customers.repositories.customers import CustomerRepository
from zebros_customers.repositories.documents import DocumentRepository
from zebros_customers.repositories.fields import FieldRepository
from zebros_customers.repositories.history import HistoryRepository
from zebros_customers.repositories.keys import LOOKUP_TABLE
from zebros_customers.repositories.merges import MergeRepository
from zebros_customers.repositories.name_index import NameIndex
from zebros_customers.repositories.receipts import ReceiptRepository
from zebros_customers.settings import EVENT_SOURCE, LAYERS, Settings
from zebros_customers.use_cases.workspace import Rights, Workspace

if TYPE_CHECKING:
    from zebros_core.auth.internal import InternalTokens
    from zebros_core.auth.verifier import TokenVerifier
    from zebros_core.http.app import HttpApp
    from zebros_core.http.routing import Route
    from zebros_core.messaging import Consumer, FailureStore, SnapshotStore, StreamPublisher


class Container:
    """What the functions of this service share. Its parts are made when they are first asked for."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, dynamodb: Any = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.logger = configure_logging("customers", settings.core.stage, settings.core.log_level)
        self.metrics = Metrics(
            namespace="Zebros", service="customers", stage=settings.core.stage, clock=self.clock
        )
        self.dynamodb = dynamodb or create_client(settings.core)
        self.calls = DynamoDbCalls()
        self.s3 = LazyS3Client(settings.core)

    @cached_property
    def secret(self) -> bytes:
        """The deployment's secret, from which the keys of cursors and internal calls are derived."""
        core = self.settings.core
        if core.cursor_secret:
            return core.cursor_secret.encode()
        import botocore.session

        client = botocore.session.get_session().create_client("ssm", region_name=core.aws_region)
        answer = client.get_parameter(Name=core.cursor_secret_parameter, WithDecryption=True)
        return str(answer["Parameter"]["Value"]).encode()

    def key_for(self, purpose: str) -> bytes:
        """Return the key for one purpose, so that what is signed for one is worth nothing for another."""
        return hmac.new(self.secret, purpose.encode(), hashlib.sha256).digest()

    @cached_property
    def access(self) -> DataAccess:
        """The data access layer."""
        return DataAccess(
            self.dynamodb,
            table_prefix=self.settings.core.table_prefix,
            cursor_key=self.key_for("cursors"),
            clock=self.clock,
            hlc=HybridLogicalClock(self.clock),
            calls=self.calls,
        )

    @cached_property
    def registry(self) -> TenantRegistry:
        """The tenant registry, at most 30 seconds old."""
        table = f"{self.settings.core.table_prefix}-tenants"
        return CachedTenantRegistry(DynamoDbTenantRegistry(self.dynamodb, table), self.clock)

    @cached_property
    def cache(self) -> ResponseCache:
        """The response cache; none where no Redis is configured."""
        return create_cache(
            self.settings.core.redis_url, LAYERS, self.clock, on_trouble=self._count_cache_trouble
        )

    @cached_property
    def permissions(self) -> PermissionTable:
        """The role table."""
        return PermissionTable.load(Path(self.settings.core.permissions_file).read_bytes())

    @cached_property
    def internal_tokens(self) -> InternalTokens:
        """Signs and checks the contexts of internal calls."""
        from zebros_core.auth.internal import InternalTokens

        return InternalTokens(self.key_for("internal-calls"), self.clock)

    @cached_property
    def failures(self) -> FailureStore:
        """Keeps what cannot be handled, for a replay."""
        from zebros_core.messaging import FailureStore

        return FailureStore(self.s3, self.settings.core.failures_bucket, self.clock)

    @cached_property
    def snapshots(self) -> SnapshotStore:
        """Keeps the snapshots that are too large for the bus, and reads them back."""
        from zebros_core.messaging import SnapshotStore

        return SnapshotStore(self.s3, self.settings.core.failures_bucket)

    def workspace(self, context: TenantContext) -> Workspace:
        """Return what a use case works with for this caller."""
        return self._workspace(context, self.access.bind(context), self.permissions)

    def system_workspace(self, tenant_id: str, cause: str) -> Workspace:
        """Return what our own machinery works with for a tenant: it may do everything there."""
        tenant = self.registry.get(tenant_id)
        system = SystemContext(tenant_id, cause, isolation=tenant.isolation, index_shards=tenant.index_shards)
        acting = TenantContext(
            tenant_id, system.actor, isolation=tenant.isolation, index_shards=tenant.index_shards
        )
        return self._workspace(acting, self.access.bind(system), EVERYTHING)

    def _workspace(self, context: TenantContext, store: TenantStore, rights: Rights) -> Workspace:
        return Workspace(
            context=context,
            rights=rights,
            clock=self.clock,
            customers=CustomerRepository(store),
            contacts=ContactRepository(store),
            documents=DocumentRepository(store),
            fields=FieldRepository(store),
            history=HistoryRepository(store),
            merges=MergeRepository(store),
            receipts=ReceiptRepository(store),
            names=NameIndex(store),
            objects=ObjectStore(self.s3, self.settings.core.documents_bucket, context.tenant_id),
            uploads=MultipartUploads(self.s3, self.settings.core.documents_bucket, context.tenant_id),
        )

    def note_written(self, tenant_id: str, customers: Sequence[tuple[str, int]]) -> None:
        """Tell the cache of customers that were written, by id and version, where their bodies are not at hand."""
        if customers:
            self.cache.written_many(
                tenant_id,
                [Written("customer", id, version, None) for id, version in customers],
                ["customers"],
            )

    @cached_property
    def verifier(self) -> TokenVerifier:
        """Verifies access tokens by the issuer's keys, which are fetched at the first request."""
        from zebros_core.auth.jwks import JwksClient, jwks_fetch
        from zebros_core.auth.verifier import TokenVerifier

        core = self.settings.core
        keys = JwksClient(jwks_fetch(core.oidc_issuer, core.oidc_jwks_uri or None), self.clock)
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
                LookupTable(self.access.bind(context), LOOKUP_TABLE)
            ),
        )

    def stream_publisher(self) -> StreamPublisher:
        """Return what publishes the tables' changes."""
        import botocore.session

        from zebros_core.messaging import EventBus, StreamPublisher
        from zebros_customers.repositories.keys import SCHEMAS

        core = self.settings.core
        client: Any = botocore.session.get_session().create_client(
            "events", region_name=core.aws_region, endpoint_url=core.aws_endpoint_url or None
        )
        return StreamPublisher(
            {schema.table: schema for schema in SCHEMAS},
            table_prefix=core.table_prefix,
            bus=EventBus(client, core.event_bus, EVENT_SOURCE),
            snapshots=self.snapshots,
            failures=self.failures,
        )

    def consumer(self, name: str, handle: Any, *, entities: frozenset[str], fold: bool) -> Consumer:
        """Return a consumer of this service's own events."""
        from zebros_core.messaging import Consumer

        return Consumer(handle, name=name, source=EVENT_SOURCE, entities=entities, fold=fold)

    def _count_cache_trouble(self, kind: str) -> None:
        self.metrics.emit({"CacheTrouble": (1, "Count")}, properties={"kind": kind})


class _Everything:
    """The rights of our own machinery."""

    def check(self, context: TenantContext, entity: str, action: str) -> Any:
        from zebros_core.auth.permissions import Visibility

        del context, entity, action
        return Visibility.ALL


EVERYTHING: Rights = _Everything()


@cache
def container() -> Container:
    """Return the container of this process, built from the environment at the first call."""
    return Container(Settings.from_environ(os.environ))
