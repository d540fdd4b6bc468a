"""A screen that is painted in place, on terminals of all sizes and elsewhere."""

import io

import pytest

from binarycop.cli.screen import Screen
from binarycop.cli.terminal import Terminal, fail, ok
from tests.cli.tty import XTERM, Grid, Tty, grid_of


def interrupted_after(screen: Screen) -> None:
    screen.show(["a"])
    raise KeyboardInterrupt


def test_a_screen_is_painted_in_place_and_lines_that_went_are_cleared() -> None:
    stream = Tty()
    stream.write("$ status\n")
    with Screen(Terminal(stream, XTERM)) as screen:
        screen.show(["one: looking", ("two: ", ok("up")), "three"])
        screen.show(["one", "two"])
        grid = grid_of(stream)
        assert (grid.rows, grid.has_cursor) == (["$ status", "one", "two"], False)
    grid = grid_of(stream)
    assert (grid.rows, grid.row, grid.has_cursor) == (["$ status", "one", "two", ""], 3, True)


def test_each_painting_is_one_write() -> None:
    writes: list[str] = []

    class Counting(Tty):
        def write(self, text: str) -> int:
            writes.append(text)
            return super().write(text)

    screen = Screen(Terminal(Counting(), XTERM))
    screen.show(["a", "b"])
    screen.show(["a", "c"])
    assert len(writes) == 2


def test_what_is_the_same_is_not_painted_again_until_the_terminal_has_another_width() -> None:
    environment, stream = dict(XTERM), Tty()
    screen = Screen(Terminal(stream, environment))
    screen.show(["a", "b"])
    painted = stream.getvalue()
    screen.show(["a", "b"])
    assert stream.getvalue() == painted
    environment["COLUMNS"] = "30"
    screen.show(["a", "b"])
    assert stream.getvalue() != painted


def test_a_screen_that_is_cleared_leaves_room_for_other_lines() -> None:
    stream = Tty()
    screen = Screen(Terminal(stream, XTERM))
    screen.show(["a", "b"])
    screen.clear()
    assert (grid_of(stream).rows, grid_of(stream).has_cursor) == ([""], True)
    stream.write("a line of the journal\n")
    screen.show(["a", "b"])
    assert grid_of(stream, 40).rows == ["a line of the journal", "a", "b"]


def test_a_screen_never_wraps_and_never_scrolls() -> None:
    stream = Tty()
    screen = Screen(Terminal(stream, XTERM))
    screen.show([f"{number} " + "x" * 40 for number in range(9)])
    screen.show(["0 " + "y" * 40] + ["z"] * 8)
    assert grid_of(stream).rows == ["0 " + "y" * 17, "z", "z", "z"]


def test_after_the_terminal_was_made_narrower_the_wrapped_lines_are_painted_over() -> None:
    environment = dict(XTERM)
    stream = Tty()
    screen = Screen(Terminal(stream, environment))
    screen.show(["a" * 18, "b"])
    environment["COLUMNS"] = "10"
    narrow = Grid(10)
    narrow.write(stream.getvalue())
    begun = len(stream.getvalue())
    screen.show(["c", "d"])
    narrow.write(stream.getvalue()[begun:])
    assert narrow.rows == ["c", "d"]


@pytest.mark.parametrize("has_scrollback", [True, False])
@pytest.mark.parametrize("heights", [(4, 12), (8, 4, 6, 12), (4, 30), (9, 12)], ids=str)
def test_after_the_terminal_was_made_lower_and_higher_again_no_old_painting_is_left(
    heights: tuple[int, ...], has_scrollback: bool
) -> None:
    environment, stream, grid = {**XTERM, "LINES": "12"}, Tty(), Grid(20, 12)
    stream.write("$ before\n$ status\n")
    screen, written = Screen(Terminal(stream, environment)), 0
    for turn, height in enumerate((12, *heights)):
        environment["LINES"] = str(height)
        grid.resize(height, has_scrollback=has_scrollback)
        screen.show([f"line {number}" for number in range(8)] + [f"turn {turn}"])
        grid.write(stream.getvalue()[written:])
        written = len(stream.getvalue())
    shown = grid.rows[grid.top :]
    painting = [*(f"line {number}" for number in range(8)), f"turn {len(heights)}"]
    assert shown[-9:] == painting
    if has_scrollback:
        assert grid.rows == ["$ before", "$ status", *painting]
    else:
        assert not set(shown[:-9]) - {"$ before", "$ status"}


def test_ctrl_c_gives_the_cursor_back_in_a_line_of_its_own() -> None:
    stream = Tty()
    screen = Screen(Terminal(stream, XTERM))
    with pytest.raises(KeyboardInterrupt), screen:
        interrupted_after(screen)
    assert grid_of(stream).has_cursor
    assert stream.getvalue().endswith("\n\x1b[?25h")


def test_a_screen_that_never_showed_anything_writes_nothing() -> None:
    stream = Tty()
    with Screen(Terminal(stream, XTERM)):
        pass
    assert stream.getvalue() == ""


@pytest.mark.parametrize(("stream", "term"), [(io.StringIO(), "xterm"), (Tty(), "dumb")])
def test_elsewhere_a_painting_is_printed_whole_when_it_changes(stream: io.StringIO, term: str) -> None:
    with Screen(Terminal(stream, {"TERM": term, "COLUMNS": "5"})) as screen:
        for second in ("down", "down", "up"):
            screen.show(["north: permitted", ("relay ", fail(second))])
    assert stream.getvalue() == "north: permitted\nrelay down\n\nnorth: permitted\nrelay up\n"
