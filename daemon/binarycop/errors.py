"""Every error the daemon raises itself. Each joins a builtin, and carries its parts as fields."""

from pathlib import Path


class BinaryCoPError(Exception):
    """Base of all errors of this package."""


class SettingsError(BinaryCoPError, ValueError):
    """A settings file says something that cannot be meant; names file, line, key and what would be right."""

    def __init__(self, wrong: str, right: str, *, file: str = "", line: int = 0, key: str = "") -> None:
        self.wrong, self.right, self.file, self.line, self.key = wrong, right, file, line, key
        place = f"{file}:{line}: " if line else f"{file}: " if file else ""
        subject = f"{key}: " if key else ""
        super().__init__(f"{place}{subject}{wrong}; {right}")


class SettingsErrors(BinaryCoPError, ValueError):
    """All that is wrong with the settings, one ``SettingsError`` each in ``problems``."""

    def __init__(self, problems: list[SettingsError]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class BundleError(BinaryCoPError, ValueError):
    """A bundle is refused: it does not agree with its manifest, or with its golden vectors."""

    def __init__(self, bundle: Path | str, reason: str) -> None:
        self.bundle, self.reason = Path(bundle), reason
        super().__init__(f"bundle {bundle}: {reason}")


class BundleStoreError(BinaryCoPError, OSError):
    """The bundle store of a board cannot be read or written; ``path`` is the file or folder, ``reason`` says why."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"bundle store: {path}: {reason}")


class BackendError(BinaryCoPError, RuntimeError):
    """A classifier backend cannot run here, or stopped running."""


class OverlayError(BackendError):
    """The overlay, or its accelerator, failed; ``reason`` says how. To load it anew may help."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"overlay: {reason}")


class OverlayMissing(OverlayError):
    """The bundle's overlay is not loaded, or not as it must be; ``binarycop load-overlay`` is to be run first."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; run binarycop load-overlay")


class OverlayLoadDenied(OverlayError, PermissionError):
    """This process may not load an overlay."""


class DmaBusy(OverlayError):
    """A DMA is not idle when it is to be started; ``control`` is what its control register reads."""

    def __init__(self, dma: str, control: int) -> None:
        self.dma, self.control = dma, control
        super().__init__(f"{dma} is not idle, its control register reads 0x{control:08x}")


class DmaTimeout(OverlayError, TimeoutError):
    """A DMA has not finished within ``deadline_s``."""

    def __init__(self, dma: str, deadline_s: float) -> None:
        self.dma, self.deadline_s = dma, deadline_s
        super().__init__(f"{dma} has not finished within {deadline_s * 1000:g} ms")


class DmaDataError(OverlayError):
    """A DMA, or the network behind it, answers what it cannot."""

    def __init__(self, dma: str, what: str) -> None:
        self.dma, self.what = dma, what
        super().__init__(f"{dma}: {what}")


class SourceError(BinaryCoPError, OSError):
    """A camera, clip or folder gives no frames; ``source`` is what the settings call it."""

    def __init__(self, source: str, reason: str) -> None:
        self.source, self.reason = source, reason
        super().__init__(f"source {source}: {reason}")


class UndecodableFrame(SourceError):
    """One picture could not be decoded; the source itself is still good."""


class DetectorError(BinaryCoPError, RuntimeError):
    """A face finder cannot be made or does not run with this OpenCV."""


class LineError(BinaryCoPError, OSError):
    """A GPIO line cannot be had or driven; ``line`` is its name in the settings."""

    def __init__(self, line: str, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}")


class JournalError(BinaryCoPError, OSError):
    """The journal cannot be read; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"journal: {reason}")


class FactoryError(BinaryCoPError, OSError):
    """A gpiozero pin factory cannot be had; ``factory`` is its name in ``lines.factory``."""

    def __init__(self, factory: str, reason: str) -> None:
        self.factory, self.reason = factory, reason
        super().__init__(f"pin factory {factory}: {reason}")
