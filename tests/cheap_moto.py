"""Makes moto's DynamoDB cheap where it spends most of a suite's time; what it answers stays the same.

- A query by a table's own key looks at the rows of that key only, not at the whole table in order.
- Rows are put in order by their plain keys: moto compares wrapped ones, each of which is unwrapped for it again.
- A response class is asked once which methods it has, not with every request.
- Of an attribute's value what it has is written, and looked up under its own name: of its eleven members it has one,
  and other names are for responses made of objects.
- The parts of a client's name, some eighty with every call, are made clean once each.
- Of what class the nodes of an update's expression are is found out once for each class, not for each node and check.
"""

from __future__ import annotations

import threading
from functools import cache, lru_cache
from typing import Any

from botocore import useragent
from moto.core import responses, serialize
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Expression, Node, UpdateExpressionFunction

_QUERIED = threading.local()


def install() -> None:
    """Install it for this process."""
    if getattr(Table.query, "is_cheap", False):
        return
    whole_query, pick = Table.query, serialize.AttributePicker.__call__
    write_structure = serialize.BaseJSONSerializer._serialize_type_structure

    def query(self: Any, hash_key: Any, *arguments: Any, **more: Any) -> Any:
        by_index = more.get("index_name") or (arguments[6] if len(arguments) > 6 else None)
        if by_index:
            return whole_query(self, hash_key, *arguments, **more)
        rows = self.items.get(hash_key, {})
        _QUERIED.rows = list(rows.values()) if isinstance(rows, dict) else [rows]
        try:
            return whole_query(self, hash_key, *arguments, **more)
        finally:
            del _QUERIED.rows

    def all_items(self: Any) -> list[Any]:
        rows = getattr(_QUERIED, "rows", None)
        if rows is not None:
            return rows
        found = [
            row
            for rows in list(self.items.values())
            for row in (list(rows.values()) if self.range_key_attr else (rows,))
        ]
        return sorted(found, key=_plain_key)

    def picked(self: Any, context: Any) -> Any:
        if context.shape.name.endswith("AttributeValue") and isinstance(context.obj, dict):
            return context.obj.get(context.key)
        return pick(self, context)

    def write(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name != "AttributeValue" or not isinstance(value, dict):
            write_structure(self, serialized, value, shape, key)
            return
        wrapper: Any = self.MAP_TYPE() if key else serialized
        for name, member in value.items():
            member_shape = shape.members[name]
            member_shape.parent = shape
            self._serialize(wrapper, member, member_shape, name)
        if key:
            self._default_serialize(serialized, wrapper, shape, key)

    query.is_cheap = True  # type: ignore[attr-defined]
    Table.query = query
    Table.all_items = all_items
    serialize.AttributePicker.__call__ = picked
    serialize.BaseJSONSerializer._serialize_type_structure = write  # pyright: ignore[reportPrivateUsage]
    DepthFirstTraverser.traverse_node_recursively = _traversed
    Node.find_clauses = _clauses
    useragent.sanitize_user_agent_string_component = cache(useragent.sanitize_user_agent_string_component)
    responses.method_names_from_class = lru_cache(maxsize=None)(responses.method_names_from_class)


def _traversed(self: Any, node: Any, child_id: int = -1) -> Any:
    """Process a node behind its children, as moto's own does."""
    if not _is_a(type(node), (Node,)):
        return node
    own = type(self).pre_processing_of_child is not DepthFirstTraverser.pre_processing_of_child
    before_child = self.pre_processing_of_child if own else None
    wanted, process = tuple(self.nodes_to_be_processed()), self.process

    def walk(node: Any, child_id: int) -> Any:
        parent = node.parent
        for number, child in enumerate(node.children or ()):
            if before_child is not None:
                before_child(node, number)
            if _is_a(type(child), (Node,)):
                walk(child, number)
        if _is_a(type(node), wanted):
            node = process(node)
            node.parent = parent
            if parent:
                parent.children[child_id] = node
        return node

    return walk(node, child_id)


def _clauses(self: Any, clause_types: Any) -> list[Any]:
    """Give the nodes of these very types, as moto's own does."""
    found: list[Any] = []

    def look(node: Any) -> None:
        for child in node.children or ():
            if type(child) in clause_types:
                found.append(child)
            elif _is_a(type(child), (Expression, UpdateExpressionFunction)):
                look(child)

    look(self)
    return found


@cache
def _is_a(kind: type, wanted: tuple[type, ...]) -> bool:
    """Tell whether objects of a class are any of others; moto's nodes are abstract, of which Python asks slowly."""
    return issubclass(kind, wanted)


def _plain_key(row: Any) -> tuple[str, str]:
    return row.hash_key.value, row.range_key.value if row.range_key else ""
