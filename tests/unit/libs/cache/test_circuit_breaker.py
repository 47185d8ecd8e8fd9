from __future__ import annotations

from zebros_core.cache import CircuitBreaker


class Watch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def broken(watch: Watch) -> CircuitBreaker:
    breaker = CircuitBreaker(threshold=3, cooldown_seconds=1, longest_seconds=5, monotonic=watch)
    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    breaker = broken(Watch())
    assert breaker.is_open
    assert not breaker.allows()


def test_a_success_between_failures_starts_the_count_again() -> None:
    breaker = CircuitBreaker(threshold=2)
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert breaker.allows()


def test_after_the_pause_one_call_is_let_through() -> None:
    watch = Watch()
    breaker = broken(watch)
    watch.now = 1.0
    assert [breaker.allows() for _ in range(3)] == [True, False, False]


def test_a_failed_probe_doubles_the_pause_up_to_the_longest() -> None:
    watch = Watch()
    breaker = broken(watch)
    pauses: list[float] = []
    for _ in range(4):
        opened = watch.now
        while not breaker.allows():
            watch.now += 0.5
        pauses.append(watch.now - opened)
        breaker.failed()
    assert pauses == [1, 2, 4, 5]


def test_a_successful_probe_closes_it() -> None:
    watch = Watch()
    breaker = broken(watch)
    watch.now = 1.0
    breaker.allows()
    breaker.succeeded()
    assert not breaker.is_open
    assert all(breaker.allows() for _ in range(3))
