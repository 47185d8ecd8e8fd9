"""A viewer of DynamoDB items for people.

It uses the ``dynamodb-json`` package, which turns numbers into floats, sets into lists and date-like strings
into dates: harmless on a screen, and the reason why nothing else here uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from botocore.exceptions import ClientError
from dynamodb_json import json_util

from zebros_local.deploy import emulator_client
from zebros_local.errors import LocalStackError
from zebros_local.settings import STAGE
from zebros_local.state import StackState


def table_names(state: StackState) -> list[str]:
    """Every table of the stack."""
    pages = emulator_client("dynamodb", state).get_paginator("list_tables").paginate()
    return [name for page in pages for name in page["TableNames"]]


def full_name(table: str) -> str:
    """Accept a table's base name as well as its full one."""
    return table if table.startswith("zebros-") else f"zebros-{STAGE}-{table}"


def readable_items(state: StackState, table: str, limit: int) -> Iterator[dict[str, Any]]:
    """The first items of a table as plain values, for reading only: the conversion loses types."""
    name = full_name(table)
    pages = (
        emulator_client("dynamodb", state)
        .get_paginator("scan")
        .paginate(TableName=name, PaginationConfig={"MaxItems": limit})
    )
    try:
        for page in pages:
            for item in page["Items"]:
                yield cast(dict[str, Any], json_util.loads(item, as_dict=True))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
            raise
        known = "\n  ".join(table_names(state)) or "(none)"
        raise LocalStackError(f"There is no table {name}. Tables of this stack:\n  {known}") from error
