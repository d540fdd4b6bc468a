"""Checks of the detector, the bundle, its bitstream and the backend. Pure."""

from dataclasses import dataclass

from binarycop.doctor.finding import Finding, fail, not_checked, ok, warn

_ROLLBACK = "binarycop bundle rollback NAME goes back to the last known good version"
_SELFTEST = f"binarycop selftest shows it; {_ROLLBACK}"
_BESIDE = " beside the running gate, which goes first"
_LOAD = "systemctl restart binarycop, which loads it while the gate is stopped"


@dataclass(frozen=True)
class FinderFacts:
    """One gate's detector. name: with the library that runs it. frame_ms: the median of some frames.

    every: it gets one frame in this many. rate_hz: of the camera. problem: why it cannot run; empty if it can.
    beside_gate: it was tried with a low priority, while the daemon ran.
    """

    gate: str
    name: str = ""
    frame_ms: float = 0.0
    every: int = 1
    rate_hz: float = 30.0
    problem: str = ""
    beside_gate: bool = False


@dataclass(frozen=True)
class RunningEngine:
    """What the running daemon says of its backend.

    p50_ms, p99_ms: from a frame's capture until the lines were driven; None before the first one.
    """

    backend: str
    has_scores: bool
    golden: int
    p50_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True)
class EngineFacts:
    """The bundle and its backend.

    bundle: name and version. bundle_problem: why it is refused. overlay: the settings use the FPGA. has_build: the
    bundle has a bitstream; build_problem: why that is refused. loaded: the logic has this bitstream; None if no record
    says so. held: why the backend cannot be tried now, empty if it was; running: what the daemon says of it then.
    backend: with its engine. golden: how many golden vectors it has reproduced. p50_ms, most_ms: of single crops.
    problem: why the backend cannot run. beside_gate: it was tried with a low priority, while the daemon ran.
    """

    bundle: str = ""
    bundle_problem: str = ""
    overlay: bool = False
    has_build: bool = False
    build_problem: str = ""
    loaded: bool | None = None
    held: str = ""
    running: RunningEngine | None = None
    backend: str = ""
    golden: int = 0
    p50_ms: float = 0.0
    most_ms: float = 0.0
    rate_hz: float = 30.0
    problem: str = ""
    beside_gate: bool = False


def check_finder(facts: FinderFacts) -> Finding:
    """Whether the detector runs, and fast enough for its camera."""
    if facts.problem:
        remedy = "write faces.finder: lookout, whose model is in the package; or install the package again"
        return fail("detector", facts.problem, remedy, gate=facts.gate)
    beside = _BESIDE if facts.beside_gate else ""
    text = f"{facts.name}, {facts.frame_ms:.1f} ms a frame{beside}"
    has_ms = 1000 * facts.every / facts.rate_hz
    if facts.frame_ms > has_ms:
        text += f"; one frame in {facts.every} leaves it {has_ms:.0f} ms"
        remedy = "ncnn is several times faster than OpenCV here (the package has it); or a larger faces.find_every"
        return warn("detector", text, remedy, gate=facts.gate)
    return ok("detector", text, gate=facts.gate)


def check_bundle(facts: EngineFacts) -> Finding:
    """Whether the bundle agrees with its manifest."""
    if facts.bundle_problem:
        return fail("bundle", facts.bundle_problem, f"binarycop bundle list shows the versions; {_ROLLBACK}")
    return ok("bundle", f"{facts.bundle}: every file agrees with the manifest")


def check_bitstream(facts: EngineFacts) -> Finding:
    """Whether the bundle's bitstream is right, and the one that is loaded."""
    if facts.build_problem:
        return fail("bitstream", facts.build_problem, "take both files from the same build (binarycop import-build)")
    if not facts.overlay:
        return ok("bitstream", "not needed: classifier.backend is no overlay")
    if not facts.has_build:
        return fail("bitstream", "the bundle has none", "build one (overlays/finn), then binarycop import-build")
    if facts.loaded is None:
        return fail("bitstream", "no overlay is loaded", _LOAD)
    if not facts.loaded:
        return fail("bitstream", "another overlay is loaded", _LOAD)
    return ok("bitstream", "right, and loaded")


def check_backend(facts: EngineFacts) -> Finding:
    """Whether the backend gives the right scores."""
    running = facts.running
    if facts.held and running is not None and not running.has_scores:
        return fail("golden vectors", f"the daemon's {running.backend} gives no scores", _SELFTEST)
    if facts.held and running is not None:
        return ok("golden vectors", f"the daemon's {running.backend} reproduced all {running.golden} at its start")
    if facts.held:
        remedy = "stop what uses it (the gate: systemctl stop binarycop), then doctor again as root"
        return not_checked("golden vectors", facts.held, remedy)
    if facts.problem:
        return fail("golden vectors", facts.problem, _SELFTEST)
    return ok("golden vectors", f"all {facts.golden} reproduced by {facts.backend}, a drawn face classified")


def check_latency(facts: EngineFacts) -> Finding:
    """Whether the backend keeps up with the camera."""
    running = facts.running
    if facts.held and running is not None and running.p50_ms is not None and running.p99_ms is not None:
        text = f"{running.p50_ms:.1f} ms from a frame's capture to the lines (median), 99 % {running.p99_ms:.1f} ms"
        return ok("latency", text)
    if facts.held or facts.problem:
        return not_checked("latency", "no backend was tried")
    beside = _BESIDE if facts.beside_gate else ""
    text = f"{facts.p50_ms:.2f} ms a crop (median), {facts.most_ms:.2f} ms at most{beside}"
    if facts.p50_ms > 1000 / facts.rate_hz:
        remedy = "use the overlay, a smaller bundle (u-cnv) or classifier.views: 1"
        return warn("latency", f"{text}: longer than a frame lasts", remedy)
    return ok("latency", text)


def check_engine(facts: EngineFacts) -> list[Finding]:
    """Every check of the bundle and its backend."""
    if facts.bundle_problem:
        return [check_bundle(facts)]
    return [check_bundle(facts), check_bitstream(facts), check_backend(facts), check_latency(facts)]
