"""How each operation is called: the one place to extend for a new route, and a route without a recipe fails the suite.

A recipe says how to call the operation on somebody's things. Called on the caller's own it succeeds, which the suite of
permissions proves; called on another tenant's it must look as if they did not exist, which the suite of isolation
proves. Path parameters are filled in by their names.
"""

from __future__ import annotations

from collections.abc import Callable

from api_document import Operation
from estate import Things
from port import Call

from recipes import activities, auth, customers, jobs, pipeline, sync
from recipes.recipe import Recipe, Reference

__all__ = ["RECIPES", "call_of", "path_of", "reference_calls"]

_SERVICES = (customers, auth, pipeline, activities, jobs, sync)
RECIPES: dict[str, Recipe] = {
    operation: recipe for service in _SERVICES for operation, recipe in service.RECIPES.items()
}
_THINGS = {parameter: thing for service in _SERVICES for parameter, thing in service.THINGS.items()}


def call_of(operation: Operation, things: Things) -> Call:
    """Return the call of an operation on these things."""
    recipe = RECIPES[operation.id]
    return Call(
        operation.method,
        path_of(operation, things),
        None if recipe.body is None else recipe.body(things),
        dict(recipe.query),
        dict(recipe.headers),
    )


def path_of(operation: Operation, things: Things) -> str:
    """Return the operation's path with the ids of these things."""
    recipe = RECIPES[operation.id]
    return _path(operation, lambda name, thing: recipe.fixed.get(name) or things[thing])


def reference_calls(operation: Operation, theirs: Things, mine: Things) -> list[tuple[Call, bool]]:
    """Return the calls that name their things beside the path, each with whether it succeeds."""
    recipe = RECIPES[operation.id]

    def call(reference: Reference) -> Call:
        fixed = {**recipe.fixed, **reference.fixed}

        def value(name: str, thing: str) -> str:
            if name in reference.their_path:
                return theirs[reference.their_path[name]]
            return fixed.get(name) or mine[reference.path.get(name, thing)]

        return Call(
            operation.method,
            _path(operation, value),
            reference.body(theirs, mine) if reference.body else None,
            {**recipe.query, **reference.query(theirs)},
            dict(recipe.headers),
        )

    return [(call(reference), reference.harmless) for reference in recipe.references]


def _path(operation: Operation, value: Callable[[str, str], str]) -> str:
    """Return the path; `value` gives that of a parameter, from its name and the recipe's thing for it."""
    chosen = {**_THINGS, **RECIPES[operation.id].path}
    return operation.path.format_map(
        {name: value(name, chosen.get(name, name)) for name in operation.path_names}
    )
