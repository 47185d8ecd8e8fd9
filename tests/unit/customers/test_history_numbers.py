"""Histories of numbers: events carry them as JSON has them, and tables take exact ones only."""

from __future__ import annotations

from typing import Any

import pytest

from zebros_core.clock import FixedClock
from zebros_core.records.history import FieldChange, HistoryEntry

NUMBERS = [12.5, 1000.0, 0.1, 123456789012.345, 7, -3, 0]


@pytest.mark.parametrize("number", NUMBERS, ids=str)
def test_a_number_of_an_event_is_shown_as_it_came(
    container: Any, clock: FixedClock, both: tuple[Any, Any], number: float
) -> None:
    one, two = both
    changes = {
        "custom": FieldChange(before={"size": number}, after={"size": None, "sizes": [number, "x", True]})
    }
    entry = HistoryEntry(version=2, operation="updated", at=clock.now(), actor="ada", changes=changes)
    history = container.system_workspace(one.tenant, "history").history
    assert history.append("customer", "C1", entry)
    assert not history.append("customer", "C1", entry)
    shown = history.page("customer", "C1", limit=5, cursor=None).items[0].changes["custom"]
    assert shown.before == {"size": number}
    assert shown.after["sizes"] == [number, "x", True]
    other = container.system_workspace(two.tenant, "history").history
    assert other.page("customer", "C1", limit=5, cursor=None).items == []
