"""The program's exit codes: what each means, and which error has which."""

from collections.abc import Iterable

from binarycop.errors import (
    BackendError,
    BinaryCoPError,
    BundleError,
    BundleStoreError,
    DetectorError,
    FactoryError,
    JournalError,
    LineError,
    OutputError,
    OverlayInUse,
    OverlayLoadDenied,
    OverlayMissing,
    SettingsError,
    SettingsErrors,
    SourceError,
    SourceErrors,
    StatusDenied,
    StatusError,
)

UNEXPECTED, WRONG_ARGUMENTS, NOT_WRITTEN, NOT_RIGHT, INTERRUPTED = 1, 2, 11, 15, 130
LINE_FAILED = 6
IN_USE = 16
NOT_IN_SERVICE = 12

MEANINGS = {
    0: "success",
    UNEXPECTED: "unexpected error: please report it",
    WRONG_ARGUMENTS: "wrong arguments",
    3: "wrong settings",
    4: "the bundle was refused",
    5: "a camera, clip or folder gives no frames, or no picture can be used",
    LINE_FAILED: "a GPIO line cannot be opened or driven, or an output fails the test (lines --walk)",
    7: "the classifier or the face detector cannot run, or the overlay (the circuit in the FPGA) has failed",
    8: "the overlay is not loaded, and this process may not load it: run load-overlay as root, then start again",
    9: "the journal cannot be read or written",
    10: "the bundle store of this board cannot be read or written",
    NOT_WRITTEN: "an output cannot be written: a file, or the standard output (full disk; terminal or reader gone)",
    NOT_IN_SERVICE: "a gate is out of order, or the daemon is starting or hangs (status)",
    13: "the daemon does not run, or does not answer (status)",
    14: "only root and the group binarycop may ask the daemon (status)",
    NOT_RIGHT: "a check has failed (doctor)",
    IN_USE: "another program is using the overlay, or the gate is in service: stop that first",
    INTERRUPTED: "interrupted with Ctrl-C",
}

OF_ERRORS: tuple[tuple[type[BinaryCoPError], int], ...] = (
    (SettingsError, 3),
    (SettingsErrors, 3),
    (BundleError, 4),
    (SourceError, 5),
    (SourceErrors, 5),
    (LineError, LINE_FAILED),
    (FactoryError, LINE_FAILED),
    (OverlayInUse, IN_USE),
    (OverlayMissing, 8),
    (OverlayLoadDenied, 8),
    (BackendError, 7),
    (DetectorError, 7),
    (JournalError, 9),
    (BundleStoreError, 10),
    (OutputError, NOT_WRITTEN),
    (StatusDenied, 14),
    (StatusError, 13),
)


def code_of(error: BinaryCoPError) -> int:
    """The exit code of an error that ends a command."""
    return next((code for kind, code in OF_ERRORS if isinstance(error, kind)), UNEXPECTED)


def listed(codes: Iterable[int]) -> str:
    """These exit codes with their meanings, as the last text of a help."""
    return "exit codes:\n" + "".join(f" {code:3d}  {MEANINGS[code]}\n" for code in codes)
