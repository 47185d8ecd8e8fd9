"""What a tenant's template may contain: an allow-list over jinja2's syntax tree.

The sandbox of jinja2 keeps a template from reaching Python; it does not keep it from working for ever. So a template
is held to a small language before it is compiled: outputs of known variables through a few filters, conditions, and
loops over the lists that it is given. Everything else is refused where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from jinja2 import nodes

from zebros_activities.domain.email_template import VARIABLES

MAX_NODES: Final = 2000
"""Parts of one template that do something; plain text counts once."""
MAX_BLOCKS: Final = 10
"""Conditions and loops inside each other."""
MAX_LOOPS: Final = 2
"""Loops inside each other."""
MAX_EXPRESSION: Final = 20
"""Operators inside each other."""
MAX_LITERAL: Final = 200
"""Characters of a literal text in an expression."""
MAX_FAULTS: Final = 10

FILTERS: Final = frozenset({"capitalize", "default", "length", "lower", "title", "trim", "upper"})
TESTS: Final = frozenset({"defined"})
LOOP_VARIABLES: Final = frozenset({"first", "index", "last", "length"})
_ROOTS: Final = frozenset({*VARIABLES, "values"})
_COMPARISONS: Final = frozenset({"eq", "ne", "lt", "lteq", "gt", "gteq"})
_LITERALS: Final = (str, bool, int, float, type(None))

_NAMED: Final = {
    nodes.Assign: "set",
    nodes.AssignBlock: "set",
    nodes.Block: "block",
    nodes.Call: "calls",
    nodes.CallBlock: "call",
    nodes.Concat: "'~'",
    nodes.Extends: "extends",
    nodes.FilterBlock: "filter blocks",
    nodes.FromImport: "import",
    nodes.Getitem: "'[ ]'",
    nodes.Import: "import",
    nodes.Include: "include",
    nodes.Macro: "macro",
    nodes.BinExpr: "arithmetic",
    nodes.UnaryExpr: "arithmetic",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not allowed, and where."""

    line: int
    rule: str


@dataclass(slots=True)
class Findings:
    """What was found in a template: faults in their order, and the names of `values` that it loops over."""

    faults: list[Fault] = field(default_factory=list[Fault])
    lists: set[str] = field(default_factory=set[str])


def inspect_template(tree: nodes.Template) -> Findings:
    """Hold a parsed template to the rules."""
    inspection = _Inspection()
    for node in tree.body:
        inspection.statement(node, frozenset(), 0, 0)
    return inspection.findings


class _Inspection:
    def __init__(self) -> None:
        self.findings = Findings()
        self._nodes = 0

    def statement(self, node: nodes.Node, names: frozenset[str], blocks: int, loops: int) -> None:
        """`names` are those that loops around this have given."""
        if self._refused_by_size(node):
            return
        match node:
            case nodes.Output():
                for part in node.nodes:
                    if not isinstance(part, nodes.TemplateData):
                        self.output(part, names)
            case nodes.If():
                self._if(node, names, blocks, loops)
            case nodes.For():
                self._for(node, names, blocks, loops)
            case _:
                self._refuse_kind(node)

    def _if(self, node: nodes.If, names: frozenset[str], blocks: int, loops: int) -> None:
        if blocks >= MAX_BLOCKS:
            self._refuse(node, f"at most {MAX_BLOCKS} conditions and loops inside each other")
            return
        self.expression(node.test, names, 0)
        for branch in node.elif_:
            self._count(branch)
            self.expression(branch.test, names, 0)
            self._all(branch.body, names, blocks, loops)
        self._all([*node.body, *node.else_], names, blocks, loops)

    def _for(self, node: nodes.For, names: frozenset[str], blocks: int, loops: int) -> None:
        if loops >= MAX_LOOPS or blocks >= MAX_BLOCKS:
            self._refuse(node, f"at most {MAX_LOOPS} loops inside each other")
            return
        if node.recursive or node.test is not None:
            self._refuse(node, "a loop has no condition and is not recursive")
        over, target = node.iter, node.target
        if isinstance(over, nodes.Getattr) and _root(over) == "values" and _is_plain(over.attr):
            self.findings.lists.add(over.attr)
        else:
            self._refuse(node, "a loop is over a list of values, as in: for item in values.items")
        if not isinstance(target, nodes.Name) or target.name in _ROOTS | {"loop"} | names:
            self._refuse(node, "a loop has one variable, with a name of its own")
            return
        if not _is_plain(target.name):
            self._refuse(node, "names do not begin with '_'")
        inner = names | {target.name, "loop"}
        self._all(node.body, inner, blocks, loops + 1)
        self._all(node.else_, names, blocks, loops)

    def _all(self, body: list[nodes.Node], names: frozenset[str], blocks: int, loops: int) -> None:
        for node in body:
            self.statement(node, names, blocks + 1, loops)

    def output(self, node: nodes.Expr, names: frozenset[str]) -> None:
        """Something that is written out."""
        self.expression(node, names, 0)

    def expression(self, node: nodes.Node, names: frozenset[str], depth: int) -> None:
        """A value, a comparison, a condition."""
        if self._refused_by_size(node):
            return
        if depth > MAX_EXPRESSION:
            self._refuse(node, f"at most {MAX_EXPRESSION} operators inside each other")
            return
        match node:
            case nodes.Const():
                self._literal(node)
            case nodes.Getattr():
                self._attribute(node, names)
            case nodes.Name():
                if node.name not in names - {"loop"}:
                    self._refuse(node, _unknown(node.name))
            case nodes.Filter():
                self._filter(node, names, depth)
            case nodes.Test():
                if node.name not in TESTS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
                    self._refuse(node, "the only test is 'is defined'")
                self.expression(node.node, names, depth + 1)
            case nodes.Compare():
                if any(operand.op not in _COMPARISONS for operand in node.ops):
                    self._refuse(node, "comparisons are == != < <= > >=")
                for part in (node.expr, *(operand.expr for operand in node.ops)):
                    self.expression(part, names, depth + 1)
            case nodes.And() | nodes.Or():
                self.expression(node.left, names, depth + 1)
                self.expression(node.right, names, depth + 1)
            case nodes.Not():
                self.expression(node.node, names, depth + 1)
            case nodes.CondExpr():
                for part in (node.test, node.expr1, node.expr2):
                    if part is not None:
                        self.expression(part, names, depth + 1)
            case _:
                self._refuse_kind(node)

    def _literal(self, node: nodes.Const) -> None:
        if not isinstance(node.value, _LITERALS) or len(str(node.value)) > MAX_LITERAL:
            self._refuse(node, f"literals are texts and numbers of at most {MAX_LITERAL} characters")

    def _attribute(self, node: nodes.Getattr, names: frozenset[str]) -> None:
        root = _root(node)
        if not _is_plain(node.attr) or (root is not None and not _is_plain(root)):
            self._refuse(node, "names do not begin with '_'")
        elif root is None:
            self._refuse(node, "a variable is a name and a field, as in contact.firstName")
        elif root == "loop" and "loop" in names:
            if node.attr not in LOOP_VARIABLES:
                self._refuse(node, f"of a loop there are {_listed(LOOP_VARIABLES)}")
        elif root in VARIABLES:
            if node.attr not in VARIABLES[root]:
                self._refuse(node, f"no {root}.{node.attr[:40]}; there are {_listed(VARIABLES[root])}")
        elif root != "values" and root not in names:
            self._refuse(node, _unknown(root))

    def _filter(self, node: nodes.Filter, names: frozenset[str], depth: int) -> None:
        if node.name not in FILTERS:
            self._refuse(node, f"filters are {_listed(FILTERS)}")
        if node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) > (node.name == "default"):
            self._refuse(node, "the only filter with a value is default(...)")
        for argument in node.args:
            self.expression(argument, names, depth + 1)
        if node.node is not None:
            self.expression(node.node, names, depth + 1)

    # -- refusals ------------------------------------------------------------------------------------------------

    def _count(self, node: nodes.Node) -> None:
        self._nodes += 1
        if self._nodes == MAX_NODES + 1:
            self._refuse(node, f"at most {MAX_NODES} expressions and blocks")

    def _refused_by_size(self, node: nodes.Node) -> bool:
        self._count(node)
        return self._nodes > MAX_NODES

    def _refuse_kind(self, node: nodes.Node) -> None:
        rule = next((name for kind, name in _NAMED.items() if isinstance(node, kind)), "this")
        self._refuse(node, f"{rule}: not allowed in a template")

    def _refuse(self, node: nodes.Node, rule: str) -> None:
        if len(self.findings.faults) < MAX_FAULTS:
            self.findings.faults.append(Fault(node.lineno, rule))


def _root(node: nodes.Getattr) -> str | None:
    return node.node.name if isinstance(node.node, nodes.Name) else None


def _is_plain(name: str) -> bool:
    return not name.startswith("_")


def _unknown(name: str) -> str:
    return f"no variable {name[:40]}; there are {_listed(f'{root}.…' for root in _ROOTS)}"


def _listed(names: Iterator[str] | frozenset[str]) -> str:
    return ", ".join(sorted(names))
