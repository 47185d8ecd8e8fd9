"""What became of a customer, as far as opportunities have to know it."""

from enum import StrEnum

from zebros_core.values import Value


class CustomerStanding(StrEnum):
    """`live` is kept only of one that was deleted once, so that an older event does not delete it again."""

    LIVE = "live"
    DELETED = "deleted"
    MERGED = "merged"


class CustomerState(Value):
    """A customer that was deleted, restored or merged away, as of a version of it."""

    customer_id: str
    standing: CustomerStanding
    merged_into: str | None = None
    version: int
