"""A gpiozero pin on one line of a GPIO chip."""

import errno
import threading
from collections.abc import Callable
from dataclasses import replace
from types import MethodType
from typing import Any, Protocol
from weakref import WeakMethod, ref

from gpiozero.exc import (
    GPIODeviceClosed,
    PinEdgeDetectUnsupported,
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPull,
    PinSetInput,
)
from gpiozero.pins import Pin, PinInfo

from binarycop.lines.chardev import (
    MAX_DEBOUNCE_US,
    AsIs,
    Edge,
    Edges,
    Input,
    LineBias,
    LineConfig,
    LineRequest,
    Output,
)
from binarycop.lines.edge_dispatcher import EdgeDispatcher
from binarycop.lines.line_factory import describe

# "floating" switches the pull off. A pull that was never set stays as the board's maker set it (LineBias.AS_IS).
_PULLS = {"up": LineBias.UP, "down": LineBias.DOWN, "floating": LineBias.DISABLED}
_EDGES = {"both": Edges.BOTH, "rising": Edges.RISING, "falling": Edges.FALLING, "none": Edges.NONE}

Handler = Callable[[float, int], None]


class LineRequester(Protocol):
    """The part of the pin factory that a pin uses."""

    def request(self, pin: "GpioChipPin", config: LineConfig) -> LineRequest:
        """Request a pin's line from the kernel."""

    @property
    def edge_dispatcher(self) -> EdgeDispatcher:
        """The thread that calls the handlers of edges."""


class GpioChipPin(Pin):  # type: ignore[misc]
    """Holds its line from the first use of ``function`` or ``state`` until ``close``.

    A closed pin has no state; a new use of ``function`` requests the line again. Raises gpiozero's errors, or OSError.
    After ``close`` the level depends on the chip's driver: Zynq's and Xilinx's keep the last one. Drivers without
    pulls, as these two, silently ignore a pull. ``bounce`` is the kernel's debounce time: a level counts once it was
    steady for that long.
    """

    def __init__(self, factory: LineRequester, info: PinInfo) -> None:
        super().__init__()
        self._factory = factory
        self._info = info
        self._lock = threading.RLock()
        self._request: LineRequest | None = None
        self._is_closed = False
        self._output = False
        self._input_config = Input()  # without edges; they are requested only while there is a handler
        self._edges = "both"
        self._handler: Any = None
        self._is_watched = False

    def __repr__(self) -> str:
        return describe(self._info)

    @property
    def edges_lost(self) -> int:
        """How many edges the kernel has dropped because handlers were too slow, since the line reports edges."""
        request = self._request
        return self._factory.edge_dispatcher.lost(request) if request is not None and self._is_watched else 0

    def close(self) -> None:
        """Close the line."""
        with self._lock:
            self._is_closed = True
            self._handler = None
            self._output, self._input_config, self._edges = False, Input(), "both"
            if self._request is not None:
                self._watch_edges(self._request, False)
                self._request.close()
                self._request = None

    def output_with_state(self, state: bool) -> None:
        """Make it an output that has this level from the first moment."""
        with self._lock:
            self._apply(Output(bool(state)))
            self._output = True

    def input_with_pull(self, pull: str) -> None:
        """Make it an input that has this pull from the first moment."""
        with self._lock:
            self._become_input(replace(self._input_config, bias=_bias_of(self, pull)))

    def _get_info(self) -> PinInfo:
        return self._info

    def _get_function(self) -> str:
        return "output" if self._output else "input"

    def _set_function(self, value: str) -> None:
        with self._lock:
            if value == "input":
                self._become_input(self._input_config)
            elif value == "output":
                # Reads the level first and keeps it: gpiozero's ``initial_value=None`` means that the level stays.
                self.output_with_state(self._opened(AsIs()).get())
            else:
                raise PinInvalidFunction(f"{self!r} can be input or output, and not {value!r}")

    def _get_state(self) -> int:
        request = self._request
        if request is None:
            self._check_open()
            with self._lock:
                request = self._opened(AsIs())
        return int(request.get())

    def _set_state(self, value: float) -> None:
        request = self._request
        if request is None or not self._output:
            self._check_open()
            raise PinSetInput(f"cannot set the state of {self!r}: it is not an output")
        request.set(bool(value))

    def _get_pull(self) -> str:
        return {LineBias.UP: "up", LineBias.DOWN: "down"}.get(self._input_config.bias, "floating")

    def _set_pull(self, value: str) -> None:
        with self._lock:
            if self._output:
                raise PinFixedPull(f"cannot set a pull on {self!r}: it is an output")
            config = replace(self._input_config, bias=_bias_of(self, value))
            try:
                self._become_input(config)
            except OSError as error:
                raise PinFixedPull(f"the chip refuses the pull {value!r} on {self!r}: {error.strerror}") from error

    def _get_bounce(self) -> float | None:
        return self._input_config.debounce_us / 1e6 or None

    def _set_bounce(self, value: float | None) -> None:
        debounce_us = round((value or 0) * 1e6)
        if not 0 <= debounce_us <= MAX_DEBOUNCE_US:
            raise PinInvalidBounce(f"bounce of {self!r} must be 0 to {MAX_DEBOUNCE_US // 1_000_000} s")
        with self._lock:
            self._configure_input(replace(self._input_config, debounce_us=debounce_us))

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        if value not in _EDGES:
            raise PinInvalidEdges(f"edges of {self!r} can be {', '.join(_EDGES)}, and not {value!r}")
        with self._lock:
            before, self._edges = self._edges, value
            try:
                self._configure_input(self._input_config)
            except (OSError, PinEdgeDetectUnsupported):
                self._edges = before
                raise

    def _get_when_changed(self) -> Handler | None:
        handler: Handler | None = None if self._handler is None else self._handler()
        return handler

    def _set_when_changed(self, value: Handler | None) -> None:
        with self._lock:
            before = self._handler
            # A weak reference, as in gpiozero's own pins: otherwise the device would never be collected.
            reference = WeakMethod if isinstance(value, MethodType) else ref
            self._handler = None if value is None else reference(value)
            if (before is None) == (value is None):
                return
            try:
                self._configure_input(self._input_config)
            except (OSError, PinEdgeDetectUnsupported):
                self._handler = before
                raise

    def _check_open(self) -> None:
        if self._is_closed:
            # With this error, and no other, gpiozero's devices describe themselves as closed.
            raise GPIODeviceClosed(f"{self!r} is closed")

    def _opened(self, config: LineConfig) -> LineRequest:
        """The line's request. A line that is not open is requested with ``config``."""
        if self._request is None:
            self._is_closed = True  # also if the request fails
            self._request = self._factory.request(self, config)
            self._is_closed = False
        return self._request

    def _configure_input(self, config: Input) -> None:
        """Apply at once if the line is an input now, otherwise when it becomes one."""
        if self._request is not None and not self._output:
            self._become_input(config)
        self._input_config = config

    def _become_input(self, config: Input) -> None:
        edges = Edges.NONE if self._handler is None else _EDGES[self._edges]
        try:
            self._apply(replace(config, edges=edges))
        except OSError as error:
            if error.errno == errno.ENXIO and edges is not Edges.NONE:
                raise PinEdgeDetectUnsupported(f"the chip of {self!r} has no interrupt: it reports no edges") from error
            raise
        self._input_config, self._output = config, False

    def _apply(self, config: Input | Output) -> None:
        was_open = self._request is not None
        request = self._opened(config)
        if was_open:
            request.configure(config)
        self._watch_edges(request, isinstance(config, Input) and config.edges is not Edges.NONE)

    def _watch_edges(self, request: LineRequest, enabled: bool) -> None:
        if enabled and not self._is_watched:
            self._factory.edge_dispatcher.watch(request, self._on_edge)
        elif self._is_watched and not enabled:
            self._factory.edge_dispatcher.unwatch(request)
        self._is_watched = enabled

    def _on_edge(self, edge: Edge) -> None:
        handler = self._get_when_changed()
        if handler is not None:
            handler(edge.at_ns / 1e9, int(edge.rising))


def _bias_of(pin: Pin, pull: str) -> LineBias:
    if pull not in _PULLS:
        raise PinInvalidPull(f"the pull of {pin!r} can be {', '.join(_PULLS)}, and not {pull!r}")
    return _PULLS[pull]
