"""All errors that the daemon raises itself. Each is also a built-in error."""

from pathlib import Path


class BinaryCoPError(Exception):
    """Base of all errors of this package."""


class SettingsError(BinaryCoPError, ValueError):
    """A settings file contains an error.

    problem, hint: what is wrong, and what to write instead. file, line, key: where it stands.
    """

    def __init__(self, problem: str, hint: str, *, file: str = "", line: int = 0, key: str = "") -> None:
        self.problem, self.hint, self.file, self.line, self.key = problem, hint, file, line, key
        place = f"{file}:{line}: " if line else f"{file}: " if file else ""
        subject = f"{key}: " if key else ""
        super().__init__(f"{place}{subject}{problem}; {hint}")


class SettingsErrors(BinaryCoPError, ValueError):
    """All errors in the settings: ``problems`` has one ``SettingsError`` for each."""

    def __init__(self, problems: list[SettingsError]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class BundleError(BinaryCoPError, ValueError):
    """A bundle is refused: it does not agree with its manifest or its golden vectors."""

    subject = "bundle"

    def __init__(self, bundle: Path | str, reason: str) -> None:
        self.bundle, self.reason = Path(bundle), reason
        super().__init__(f"{self.subject} {bundle}: {reason}")


class BuildError(BundleError):
    """A FINN build is refused before it is in a bundle; ``bundle`` is its folder."""

    subject = "build"


class BundleStoreError(BinaryCoPError, OSError):
    """The bundle store of a board cannot be read or written; ``path`` is the file or folder, ``reason`` says why."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"bundle store: {path}: {reason}")


class BackendError(BinaryCoPError, RuntimeError):
    """A classifier backend cannot run on this machine, or has stopped."""


class OverlayError(BackendError):
    """The overlay or its accelerator has failed; ``reason`` says how. Loading it again may help."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"overlay: {reason}")


class OverlayMissing(OverlayError):
    """The bundle's overlay is not loaded, or is loaded wrongly. ``binarycop load-overlay`` loads it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; run binarycop load-overlay")


class OverlayInUse(OverlayError):
    """Another process uses the accelerator, or this one does already."""


class OverlayLoadDenied(OverlayError, PermissionError):
    """This process may not load an overlay."""


class DmaBusy(OverlayError):
    """A DMA should start but is not idle; ``control`` is the value of its control register."""

    def __init__(self, dma: str, control: int) -> None:
        self.dma, self.control = dma, control
        super().__init__(f"{dma} is not idle, its control register reads 0x{control:08x}")


class DmaTimeout(OverlayError, TimeoutError):
    """A DMA has not finished within ``deadline_s``."""

    def __init__(self, dma: str, deadline_s: float) -> None:
        self.dma, self.deadline_s = dma, deadline_s
        super().__init__(f"{dma} has not finished within {deadline_s * 1000:g} ms")


class DmaDataError(OverlayError):
    """A DMA, or the network that it feeds, has given impossible or wrong data; ``what`` says which."""

    def __init__(self, dma: str, what: str) -> None:
        self.dma, self.what = dma, what
        super().__init__(f"{dma}: {what}")


class SourceError(BinaryCoPError, OSError):
    """A camera, clip or folder gives no frames; ``source`` is its name in the settings."""

    def __init__(self, source: str, reason: str) -> None:
        self.source, self.reason = source, reason
        super().__init__(f"source {source or repr(source)}: {reason}")


class SourceErrors(BinaryCoPError, OSError):
    """All sources that give no frames: ``problems`` has one ``SourceError`` for each."""

    def __init__(self, problems: list[SourceError]) -> None:
        self.problems = problems
        super().__init__("; ".join(str(problem) for problem in problems))


class UndecodableFrame(SourceError):
    """One picture cannot be decoded; the source itself still works."""


class DetectorError(BinaryCoPError, RuntimeError):
    """A face detector cannot be created, or does not run on this machine."""


class LineError(BinaryCoPError, OSError):
    """A GPIO line cannot be opened, read or driven; ``line`` is its pin or its key in the settings."""

    def __init__(self, line: str, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}")


class JournalError(BinaryCoPError, OSError):
    """The journal cannot be read; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"journal: {reason}")


class OutputError(BinaryCoPError, OSError):
    """A file that was asked for cannot be written; ``path`` is the file, ``reason`` says why."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} cannot be written: {reason}")


class FactoryError(BinaryCoPError, OSError):
    """A gpiozero pin factory cannot be opened; ``factory`` is its name in ``lines.factory``."""

    def __init__(self, factory: str, reason: str) -> None:
        self.factory, self.reason = factory, reason
        super().__init__(f"pin factory {factory}: {reason}")


class StatusError(BinaryCoPError, OSError):
    """The running daemon gives no status; ``path`` is its socket, ``reason`` says why, and what to do."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")


class StatusDenied(StatusError, PermissionError):
    """This user may not ask the daemon for its status."""
