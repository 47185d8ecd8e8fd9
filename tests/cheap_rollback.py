"""Makes moto's transactions cheap: its copy of a table, for a rollback, takes the rows but not what is in them.

moto copies the whole table deeply for each write of a transaction, which costs more than everything else that the tests
do. Puts and deletes replace rows and never change one, so to remember which rows there were is enough. An update does
change a row in place, so a transaction with an update would not be rolled back: nothing here makes one.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import Any

from moto.dynamodb.models.table import Table


def _copy_rows(table: Any, memo: dict[int, Any]) -> Any:
    copied = memo.get(id(table))
    if copied is None:
        copied = memo[id(table)] = copy.copy(table)
        copied.items = defaultdict(dict, {key: _rows(rows) for key, rows in table.items.items()})
    return copied


def _rows(rows: Any) -> Any:
    return dict(rows) if isinstance(rows, dict) else rows


def install() -> None:
    """Install it for this process."""
    Table.__deepcopy__ = _copy_rows
