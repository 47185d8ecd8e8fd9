"""As much of IAM's evaluation as session policies and the roles of the templates use.

After the AWS reference "IAM JSON policy elements": an explicit deny wins, nothing is allowed by silence,
``ForAllValues`` is true of an absent key, and a policy variable's value is literal text, not a pattern.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_VARIABLE = re.compile(r"\$\{aws:PrincipalTag/(\w+)\}")


def _matches(pattern: str, value: str, tags: Mapping[str, str]) -> bool:
    expression, position = "", 0
    for variable in _VARIABLE.finditer(pattern):
        if variable[1] not in tags:
            return False
        expression += _wild(pattern[position : variable.start()]) + re.escape(tags[variable[1]])
        position = variable.end()
    return re.fullmatch(expression + _wild(pattern[position:]), value, re.DOTALL) is not None


def _wild(text: str) -> str:
    return re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _holds(
    operator: str, key: str, wanted: Any, keys: Mapping[str, Sequence[str]], tags: Mapping[str, str]
) -> bool:
    present = keys.get(key)
    if operator == "Null":
        return (present is None) == (wanted == "true")
    if operator == "ForAllValues:StringLike":
        return all(any(_matches(p, value, tags) for p in _listed(wanted)) for value in present or ())
    if operator == "ForAllValues:StringNotLike":
        return not any(_matches(p, value, tags) for p in _listed(wanted) for value in present or ())
    if operator in ("StringLike", "ArnEquals"):
        return any(_matches(p, value, tags) for p in _listed(wanted) for value in present or ())
    if operator == "StringEquals":
        return any(value in _listed(wanted) for value in present or ())
    if operator == "ForAllValues:StringEquals":
        return all(value in _listed(wanted) for value in present or ())
    raise NotImplementedError(operator)


def is_allowed(
    policy: Mapping[str, Any],
    action: str,
    resource: str,
    *,
    tags: Mapping[str, str],
    leading_keys: Sequence[str] | None = None,
    context: Mapping[str, Sequence[str]] | None = None,
) -> bool:
    """Whether the document lets a principal with these tags do this to this.

    ``context`` has further condition keys of the request.
    """
    keys: dict[str, Sequence[str]] = dict(context or {})
    if leading_keys is not None:
        keys["dynamodb:LeadingKeys"] = leading_keys
    allowed = False
    for statement in policy["Statement"]:
        if not any(_matches(pattern, action, tags) for pattern in _listed(statement["Action"])):
            continue
        if not any(_matches(pattern, resource, tags) for pattern in _listed(statement["Resource"])):
            continue
        conditions = statement.get("Condition", {})
        if not all(
            _holds(operator, key, wanted, keys, tags)
            for operator, tests in conditions.items()
            for key, wanted in tests.items()
        ):
            continue
        if statement["Effect"] == "Deny":
            return False
        allowed = True
    return allowed
