"""The pictures that need nothing but the code."""

from collections.abc import Callable

from tests.docs.pictures import camera, state_machine, wiring

PICTURES: dict[str, Callable[[], str]] = {
    "phases": state_machine.draw,
    "camera": camera.draw,
    "wiring": wiring.draw,
}
"""By the name of the file in docs/. docs/recording.svg is drawn from a whole run of the demo."""
