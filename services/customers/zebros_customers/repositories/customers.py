"""Customers: the access patterns of the table."""

from collections.abc import Mapping

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.repository import Page
from zebros_core.dynamodb.writes import check_unchanged, plan_remove, plan_save
from zebros_core.errors import BadRequestError, FieldError
from zebros_core.records.exported import ExportedRepository
from zebros_core.records.unique import UniqueRepository
from zebros_customers.domain.customer import Customer
from zebros_customers.repositories.keys import CUSTOMERS, LOOKUP_TABLE

_INDEX_OF_FILTER = {"ownerId": "owner", "teamId": "team", "industry": "industry", "tier": "tier"}
"""The index that serves a filter, narrowest first: of several filters the first uses its index."""


class CustomerRepository(UniqueRepository[Customer], ExportedRepository[Customer]):
    """One tenant's customers."""

    schema = CUSTOMERS

    def page(
        self,
        filters: Mapping[str, str],
        limits: Mapping[str, str],
        *,
        by_name: bool,
        descending: bool,
        limit: int,
        cursor: str | None,
        visibility_key: str,
    ) -> Page[Customer]:
        """Return a page of customers that match all of `filters` (the caller's wish) and `limits` (their sight).

        Both are stored attributes with plain values. Raises BadRequestError for the order by name with a filter.
        """
        if by_name and filters:
            message = "the order by name goes without filters; leave them out, or sort by createdAt"
            raise BadRequestError(message, fields=(FieldError("sort", "unsupported_sort", message),))
        wanted = {**limits, **filters}
        first = next((name for name in _INDEX_OF_FILTER if name in wanted), None)
        if by_name:
            index, value, others = "name", None, wanted
        elif first is None:
            index, value, others = "created", None, {}
        else:
            index, value = _INDEX_OF_FILTER[first], wanted[first]
            others = {name: other for name, other in wanted.items() if name != first}
        return self._page(
            index,
            value,
            limit=limit,
            cursor=cursor,
            query_name="customers",
            filters=others,
            descending=descending,
            visibility_key=visibility_key,
        )

    def absorb(
        self, merged: Customer, *, winner: Customer, loser: Customer, record: WriteOp
    ) -> tuple[Customer, Customer]:
        """Store the winner of a merge, make the loser a tombstone that names it, write `record`: all in one call.

        What the loser alone had and the winner has now goes over without a moment in which somebody else could claim
        it. Raises VersionMismatchError or NotFoundError when either has changed since it was read, DuplicateError when
        a third customer holds what would go over.
        """
        schema, lookup = self.schema, LookupTable(self.store, LOOKUP_TABLE)
        stamped, saves = plan_save(schema, self.store, self.table, merged, winner)
        named = loser.model_copy(update={"merged_into": winner.customer_id})
        tombstone, removes = plan_remove(schema, self.store, self.table, named)
        # A winner that has nothing to gain is not written, and must all the same not be merged away meanwhile.
        kept = saves[:1] or [check_unchanged(schema, self.store, self.table, winner)]
        # The plans' own guards would touch one row twice, which a transaction may not; all guards are written here.
        operations = [*kept, *removes[:1], record]
        wanted, had = _guarded_values(merged), _guarded_values(winner)

        def take_over(kind: str, value: str) -> WriteOp:
            return lookup.put_guard(
                f"customer.{kind}",
                value,
                entity="customer",
                id=winner.customer_id,
                match=kind,
                former=loser.customer_id,
            )

        gained = {kind: value for kind, value in wanted.items() if had.get(kind) != value}
        operations += [take_over(kind, value) for kind, value in gained.items()]
        for kind, value in _guarded_values(loser).items():
            if gained.get(kind) == value:
                continue
            # One that was let in as a duplicate does not hold its guard; the loser may hold the one of both.
            if lookup.guarded_id(f"customer.{kind}", value) == loser.customer_id:
                operations.append(
                    take_over(kind, value)
                    if wanted.get(kind) == value
                    else lookup.delete_guard(f"customer.{kind}", value, id=loser.customer_id)
                )
        write(self.store, operations)
        return stamped, tombstone


def _guarded_values(customer: Customer) -> dict[str, str]:
    external = {"externalId": customer.external_id} if customer.external_id is not None else {}
    return customer.unique_values() | external
