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


class BackendError(BinaryCoPError, RuntimeError):
    """A classifier backend cannot run here, or stopped running."""


class SourceError(BinaryCoPError, OSError):
    """A camera, clip or folder gives no frames; ``source`` is what the settings call it."""

    def __init__(self, source: str, reason: str) -> None:
        self.source, self.reason = source, reason
        super().__init__(f"source {source}: {reason}")


class UndecodableFrame(SourceError):
    """One picture could not be decoded; the source itself is still good."""


class FinderError(BinaryCoPError, RuntimeError):
    """A face finder cannot be made or does not run with this OpenCV."""


class LineError(BinaryCoPError, OSError):
    """A GPIO line cannot be had or driven; ``line`` is its name in the settings."""

    def __init__(self, line: str, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}")


class FactoryError(BinaryCoPError, OSError):
    """A gpiozero pin factory cannot be had; ``factory`` is its name in ``lines.factory``."""

    def __init__(self, factory: str, reason: str) -> None:
        self.factory, self.reason = factory, reason
        super().__init__(f"pin factory {factory}: {reason}")
