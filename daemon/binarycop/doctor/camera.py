"""Checks of one gate's camera, from measurements of its pictures over some seconds. Pure: numbers in, findings out."""

from dataclasses import dataclass

from binarycop.detection.light_limits import BACKLIT, BACKLIT_BRIGHTNESS, LEAST_BRIGHTNESS, LEAST_RATE
from binarycop.doctor.finding import Finding, fail, not_checked, ok, warn

SECONDS = 3.0
"""How long the pictures of each camera are measured."""

BLACK_SHARE, CLIPPED_SHARE = 0.9, 0.25
"""A picture is black or overexposed if at least this share of it has no detail."""

_DAEMON = "the daemon has the camera, and cannot be asked about it"
_STOP = "systemctl stop binarycop, then doctor again: it looks at light and faces too"
_CABLE = "check the camera's cable, port and supply; dmesg"
_DARK_REMEDY = "light on the face, about 500 lx at the spot (docs/first-hour.md, When it is dark)"


@dataclass(frozen=True)
class Pictures:
    """What a source gave.

    mode: what it sends, in words. rate_hz: measured; None for a recording. trouble: losses, in words. is_frozen: the
    pictures repeat. brightness: their mean luma, 0 to 255; clipped, black: shares of pixels without detail at both
    ends. face, behind: the luma of a face in the newest one, and of its background; None without a face.
    """

    mode: str
    rate_hz: float | None
    trouble: tuple[str, ...] = ()
    is_frozen: bool = False
    brightness: float | None = None
    clipped: float = 0.0
    black: float = 0.0
    face: float | None = None
    behind: float | None = None


@dataclass(frozen=True)
class Running:
    """What the running daemon says of its source.

    mode: None before it was opened. rate_hz: None in its first seconds. frame_age_s: of the newest picture. withheld:
    pictures that repeated an earlier one. causes: the gate's faults, in words. face_age_s: since a face was seen.
    problem: why it gives no pictures now, in words; None if it gives some. seldom: says that too few frames are
    processed; None if there are enough for a verdict.
    """

    mode: str | None
    rate_hz: float | None
    frame_age_s: float
    captured: int
    withheld: int
    causes: tuple[str, ...]
    face_age_s: float | None
    problem: str | None = None
    seldom: str | None = None


@dataclass(frozen=True)
class CameraFacts:
    """One gate's source.

    source: its name in the settings. is_camera: not a recording, nor the demo. absence: why there is no source of that
    name. denied: who may not open it, in words. asked_hz: the settings' rate. stale_s: an older picture is a fault.
    is_held: the daemon runs, so it has the camera. running: what it says of it; None if it cannot be asked. pictures:
    None if the source was not opened. problem: why it gave none.
    """

    gate: str
    source: str
    is_camera: bool
    asked_hz: float
    stale_s: float = 1.0
    absence: str = ""
    denied: tuple[str, ...] = ()
    is_held: bool = False
    running: Running | None = None
    pictures: Pictures | None = None
    problem: str = ""


def check_source(facts: CameraFacts) -> Finding:
    """Whether there is a source."""
    if facts.absence:
        return fail(
            "camera", f"{facts.source}: {facts.absence}", "plug it in, or correct frames.source", gate=facts.gate
        )
    if not facts.is_camera:
        remedy = "write frames.source: /dev/binarycop/camera for a gate that works"
        return warn("camera", f"{facts.source} is no camera", remedy, gate=facts.gate)
    return ok("camera", f"{facts.source} is there", gate=facts.gate)


def check_permission(facts: CameraFacts) -> Finding:
    """Whether daemon and doctor may open it."""
    if facts.denied:
        who = " and ".join(facts.denied)
        remedy = "put the user into the group video; usermod -aG video binarycop"
        return fail("permission", f"{who} may not open {facts.source}", remedy, gate=facts.gate)
    return ok("permission", "may be opened", gate=facts.gate)


def check_pictures(facts: CameraFacts) -> list[Finding]:
    """Mode, rate, and what the pictures show."""
    gate, pictures = facts.gate, facts.pictures
    if pictures is None and facts.is_held:
        if facts.running is None:
            return [not_checked("pictures", _DAEMON, _STOP, gate=gate)]
        return _running(facts, facts.running)
    if pictures is None:
        remedy = "dmesg may say why; try another cable, or another USB port"
        return [fail("pictures", facts.problem or "none came", remedy, gate=gate)]
    findings = [_mode(pictures.mode, gate)]
    if pictures.rate_hz is not None:
        findings.append(_rate(pictures.rate_hz, facts.asked_hz, gate))
    findings += [warn("pictures", trouble, _CABLE, gate=gate) for trouble in pictures.trouble]
    if pictures.is_frozen:
        text = "the camera repeats its pictures: frozen"
        remedy = "unplug it and plug it in; if that does not help, another camera"
        findings.append(fail("pictures", text, remedy, gate=gate))
    if pictures.brightness is not None:
        findings += [_light(pictures, pictures.brightness, gate), _backlight(pictures, gate)]
    return findings


def check_camera(facts: CameraFacts) -> list[Finding]:
    """Every check of this module."""
    findings = [check_source(facts)]
    if facts.absence:
        return findings
    if facts.is_camera:
        findings.append(check_permission(facts))
    return findings + check_pictures(facts)


def _running(facts: CameraFacts, running: Running) -> list[Finding]:
    """What the daemon itself says."""
    gate, findings = facts.gate, []
    if running.mode is not None:
        findings.append(_mode(running.mode, gate))
    if running.rate_hz is not None and facts.is_camera:
        findings.append(_rate(running.rate_hz, facts.asked_hz, gate))
    if running.seldom is not None:
        remedy = "binarycop aim says whether it is the camera or the processor; the daemon must be stopped for it"
        findings.append(warn("frames", running.seldom, remedy, gate=gate))
    text = f"the daemon's newest is {running.frame_age_s:.1f} s old; {running.withheld} of {running.captured} withheld"
    remedy = f"{_CABLE}; binarycop events --class fault"
    if running.causes:
        why = "" if running.problem is None else f"; {running.problem}"
        findings.append(fail("pictures", f"out of order: {', '.join(running.causes)}{why}", remedy, gate=gate))
    elif facts.is_camera and running.frame_age_s > facts.stale_s:
        findings.append(fail("pictures", text, remedy, gate=gate))
    else:
        findings.append(ok("pictures", text, gate=gate))
    if running.face_age_s is None:
        text = "the daemon has seen none since its start"
        findings.append(not_checked("faces", text, "stand there, then doctor again", gate=gate))
    else:
        findings.append(ok("faces", f"the daemon saw the last one {running.face_age_s:.0f} s ago", gate=gate))
    return [*findings, not_checked("light", "the daemon has the camera", _STOP, gate=gate)]


def _mode(mode: str, gate: str) -> Finding:
    if " instead of " in mode:
        remedy = "write a mode that the camera has into frames; v4l2-ctl --list-formats-ext lists them"
        return warn("mode", mode, remedy, gate=gate)
    return ok("mode", mode, gate=gate)


def _rate(rate_hz: float, asked_hz: float, gate: str) -> Finding:
    text = f"{rate_hz:.1f} pictures a second; frames.rate_hz asks for {asked_hz:g}"
    if rate_hz < LEAST_RATE * asked_hz:
        remedy = "more light, or switch exposure_dynamic_framerate off (v4l2-ctl); or nothing else on its USB hub"
        return warn("rate", text, remedy, gate=gate)
    return ok("rate", text, gate=gate)


def _light(pictures: Pictures, brightness: float, gate: str) -> Finding:
    text = f"mean brightness {brightness:.0f} of 255, {100 * pictures.clipped:.0f} % of the picture overexposed"
    if pictures.black > BLACK_SHARE:
        return fail("light", "the picture is black", "is the lens covered, is there light at all?", gate=gate)
    if brightness < LEAST_BRIGHTNESS:
        return warn("light", f"dark: {text}", _DARK_REMEDY, gate=gate)
    if pictures.clipped > CLIPPED_SHARE:
        remedy = "no window, lamp or sun in the picture: turn the camera, or shade it"
        return warn("light", f"overexposed: {text}", remedy, gate=gate)
    return ok("light", text, gate=gate)


def _backlight(pictures: Pictures, gate: str) -> Finding:
    if pictures.face is None or pictures.behind is None:
        remedy = "stand there and run doctor again, or binarycop aim"
        return not_checked("backlight", "nobody was in front of the camera", remedy, gate=gate)
    text = f"the face has brightness {pictures.face:.0f}, what is behind it {pictures.behind:.0f}"
    if pictures.face < BACKLIT_BRIGHTNESS and pictures.behind >= BACKLIT * pictures.face:
        return warn("backlight", text, "light the face from the front, and have nothing bright behind it", gate=gate)
    return ok("backlight", text, gate=gate)
