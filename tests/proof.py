"""How hard the random tests try: the gate repeats the same examples, `make prove` looks for many new ones."""

from __future__ import annotations

import os

from hypothesis import settings

PROVING = os.environ.get("HYPOTHESIS_PROFILE") == "prove"
_MORE = 20

settings.register_profile("gate", derandomize=True, database=None)
settings.register_profile("prove", max_examples=100 * _MORE, print_blob=True)
settings.load_profile("prove" if PROVING else "gate")


def examples(count: int, *, more: int = _MORE) -> int:
    """Return how many examples to try: `count` in the gate, `more` times as many in a proof."""
    return count * more if PROVING else count
