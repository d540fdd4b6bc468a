"""When the watchdog is fed."""

from binarycop.service.watchdog import STUCK_S, Stage, Watchdog

WAITS, WORKS, HANGS = Stage("north", 0.0), Stage("south", STUCK_S - 0.1), Stage("south", STUCK_S + 0.1)


def test_it_is_fed_four_times_as_often_as_must_be() -> None:
    watchdog = Watchdog(8.0)
    fed = [step / 10 for step in range(100) if watchdog.step([WAITS, WORKS], step / 10).should_notify]
    assert fed == [0.0, 2.0, 4.0, 6.0, 8.0]


def test_one_stage_that_hangs_starves_it_and_is_named() -> None:
    watchdog = Watchdog(8.0)
    assert watchdog.step([WAITS, WORKS], 0.0).should_notify
    meal = watchdog.step([WAITS, HANGS], 20.0)
    assert not meal.should_notify
    assert [stage.name for stage in meal.stuck] == ["south"]
    assert watchdog.step([WAITS, WORKS], 20.1).should_notify


def test_the_limit_comes_from_the_manager() -> None:
    watchdog = Watchdog.of({"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "7"}, 7)
    assert watchdog.step([], 100.0).should_notify
    assert not watchdog.step([], 100.9).should_notify
    assert watchdog.step([], 101.0).should_notify


def test_without_a_watchdog_for_this_process_nothing_is_fed_and_nothing_called_stuck() -> None:
    for environment in ({}, {"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "8"}, {"WATCHDOG_USEC": "0"}):
        meal = Watchdog.of(environment, 7).step([HANGS], 100.0)
        assert (meal.should_notify, meal.stuck) == (False, ())
