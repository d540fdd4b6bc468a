"""When the watchdog is notified."""

from binarycop.service.watchdog import STUCK_S, Stage, Watchdog

IDLE, WORKS, HANGS = Stage("north", 0.0), Stage("south", STUCK_S - 0.1), Stage("south", STUCK_S + 0.1)


def test_the_watchdog_is_notified_four_times_as_often_as_needed() -> None:
    watchdog = Watchdog(8.0)
    notified = [step / 10 for step in range(100) if watchdog.step([IDLE, WORKS], step / 10).should_notify]
    assert notified == [0.0, 2.0, 4.0, 6.0, 8.0]


def test_while_a_stage_hangs_the_watchdog_is_not_notified_and_the_stage_is_named() -> None:
    watchdog = Watchdog(8.0)
    assert watchdog.step([IDLE, WORKS], 0.0).should_notify
    decision = watchdog.step([IDLE, HANGS], 20.0)
    assert not decision.should_notify
    assert [stage.name for stage in decision.stuck] == ["south"]
    assert watchdog.step([IDLE, WORKS], 20.1).should_notify


def test_a_stage_that_may_hang_is_named_and_starves_the_watchdog_only_with_another_one() -> None:
    watchdog, may_hang = Watchdog(8.0), Stage("north", STUCK_S + 0.1, may_hang=True)
    decision = watchdog.step([may_hang, WORKS], 0.0)
    assert (decision.should_notify, decision.stuck) == (True, (may_hang,))
    assert not watchdog.step([may_hang, HANGS], 20.0).should_notify


def test_the_interval_comes_from_the_service_manager() -> None:
    watchdog = Watchdog.from_environment({"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "7"}, 7)
    assert watchdog.step([], 100.0).should_notify
    assert not watchdog.step([], 100.9).should_notify
    assert watchdog.step([], 101.0).should_notify


def test_without_a_watchdog_for_this_process_there_are_no_notifications_and_no_stuck_stages() -> None:
    for environment in (
        {},
        {"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "8"},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "9" * 400},
    ):
        decision = Watchdog.from_environment(environment, 7).step([HANGS], 100.0)
        assert (decision.should_notify, decision.stuck) == (False, ())
