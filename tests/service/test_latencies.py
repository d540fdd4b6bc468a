"""The newest latencies."""

from binarycop.service.latencies import Latencies


def test_percentiles_are_in_milliseconds() -> None:
    latencies = Latencies()
    for number in range(101):
        latencies.add(number / 1000)
    assert latencies.percentiles() == {"p50": 50.0, "p99": 99.0, "max": 100.0}
    assert latencies.newest_ms == 100.0


def test_before_the_first_latency_there_are_none() -> None:
    assert Latencies().newest_ms is None
    assert Latencies().percentiles() == {"p50": None, "p99": None, "max": None}


def test_only_the_newest_ten_thousand_count() -> None:
    latencies = Latencies()
    latencies.add(5.0)
    for _ in range(10_000):
        latencies.add(0.001)
    assert latencies.percentiles() == {"p50": 1.0, "p99": 1.0, "max": 1.0}


def test_percentiles_of_fewer_are_those_of_the_newest() -> None:
    latencies = Latencies()
    for number in (5.0, 4.0, 0.002, 0.001, 0.003):
        latencies.add(number)
    assert latencies.percentiles(newest=3) == {"p50": 2.0, "p99": 2.98, "max": 3.0}
    assert latencies.count == 5
