"""The table of the journal's events. A message id never changes its meaning and is never reused."""

from dataclasses import dataclass
from enum import Enum

from binarycop.journal.evidence import EVIDENCE


class Level(Enum):
    """Priorities, with the numbers of syslog(3)."""

    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6


@dataclass(frozen=True)
class EventSpec:
    """One row of the table.

    message_id: journald's MESSAGE_ID, 128 bits in hex. text: the sentence for people, with fields in braces. more: the
    fields that the event may have besides those of its text. ``fields.py`` says what each field may hold.
    """

    name: str
    message_id: str
    level: Level
    text: str
    more: tuple[str, ...] = ()


_GATE_FIELDS = ("before", "after", "person", "class", "cause", "by")
_DECISION_FIELDS = (*_GATE_FIELDS, "bundle", "votes", "frames", "margin", "latency_ms")
_COUNTS = ("processed", "captured", "dropped", "withheld", "persons", "permits", "refusals", "undecided", "passed")


class Event(Enum):
    """Every event in the journal.

    The daemon writes them, except for ``gave_up`` (binarycop-degraded.service) and ``bundle_back`` (``binarycop bundle
    ensure``). ``unwritten`` also comes from the journal's writer (``journal_writer.py``).
    """

    STARTED = EventSpec(
        "started",
        "6775a53bb630495693647761264a6e17",
        Level.NOTICE,
        "started: {bundle} {version} on {backend}, detector {finder}, source {source} ({mode}), lines {lines}, "
        "policy {policy}",
    )
    STOPPED = EventSpec("stopped", "7a5c58e348c6420c9f351a458da9886e", Level.NOTICE, "stopped: {reason}", _COUNTS)
    READY = EventSpec("ready", "63cc3b0d70364aaea2e0a6f135189c11", Level.NOTICE, "ready: {detail}")
    STUCK = EventSpec(
        "stuck",
        "8e468df864a84f49bf8d14871dc164e9",
        Level.ERROR,
        "{stage} has not returned for {seconds} s; the watchdog is not notified any more",
    )
    SOURCE_STUCK = EventSpec(
        "source_stuck",
        "670f02e6362b46c9b9d9d71789db5d04",
        Level.ERROR,
        "{stage} has not returned for {seconds} s; only its gate is out of order",
    )
    RELOADED = EventSpec("reloaded", "ec5fd717583243599afd01513eb8e2ef", Level.NOTICE, "settings reloaded: {changed}")
    RELOAD_REFUSED = EventSpec(
        "reload_refused",
        "73d3d7b5e79b4ae99fb0a9f263312989",
        Level.ERROR,
        "new settings refused, the old ones stay in force: {reason}",
    )
    RESTART_NEEDED = EventSpec(
        "restart_needed", "d4323875f1474f3ebb416d02399a37ed", Level.WARNING, "these settings need a restart: {keys}"
    )
    GAVE_UP = EventSpec(
        "gave_up",
        "5b4822fffc34404b9a0c57956c830e45",
        Level.ERROR,
        "the gate does not start: relay off, new attempt every {minutes} minutes",
    )
    PERSON = EventSpec("person", "0c13a937a4a04f2c86f905dca813abe7", Level.INFO, "person {person} in front")
    LEFT = EventSpec("left", "53cb4513491f4b9ba1fa5de7e525000d", Level.INFO, "person {person} not in front any more")
    STILL_FACE = EventSpec(
        "still_face",
        "de68eba8dec04ae0a0e193d8705c31d8",
        Level.WARNING,
        "a face that never moves is left out, at {across} % of the picture's width and {down} % of its height",
    )
    VERDICT = EventSpec(
        "verdict",
        "170c03f696e74787a3036ce868b3ad9e",
        Level.INFO,
        "person {person}: {class}{evidence}",
        ("votes", "frames", "margin", *EVIDENCE),
    )
    PERMIT = EventSpec(
        "permit",
        "cfdf6ab3a9e4485081b6dc43b3a326fc",
        Level.INFO,
        "person {person}: permission given ({class}, {cause})",
        _DECISION_FIELDS,
    )
    REFUSE = EventSpec(
        "refuse",
        "bab2180ee4064fd9af62bc367047fb39",
        Level.INFO,
        "person {person}: permission refused ({class}){evidence}",
        (*_DECISION_FIELDS, *EVIDENCE),
    )
    REMIND = EventSpec(
        "remind",
        "5f935e71aa134b08ac2aabef5a81b990",
        Level.INFO,
        "person {person}: reminded ({class}){evidence}",
        (*_DECISION_FIELDS, *EVIDENCE),
    )
    PASSED = EventSpec(
        "passed",
        "30fd84b61f1a46a0afec0aef37880af7",
        Level.INFO,
        "person {person} passed (evidence: {by})",
        _GATE_FIELDS,
    )
    NOT_PASSED = EventSpec(
        "not_passed",
        "e70390edd0b1416e9d8864d01859a67b",
        Level.INFO,
        "person {person}: permission not used",
        _GATE_FIELDS,
    )
    TAILGATE = EventSpec(
        "tailgate",
        "1d31506138aa48128766270b53e875ce",
        Level.WARNING,
        "passage during the re-lock delay, without permission",
        _GATE_FIELDS,
    )
    FORCED = EventSpec(
        "forced", "9e6ccdacb05d4bb0880bfa20ee0c031b", Level.WARNING, "passage without permission", _GATE_FIELDS
    )
    WITHDRAWN = EventSpec(
        "withdrawn",
        "08fdbfdb89944038b65615fb05034222",
        Level.NOTICE,
        "person {person}: permission withdrawn: {reason}",
        _GATE_FIELDS,
    )
    LIMIT_REACHED = EventSpec(
        "limit_reached",
        "2404726116c04a68b619b0dc17de41f7",
        Level.WARNING,
        "person {person}: no further permission before they have walked out of view",
        _GATE_FIELDS,
    )
    OVERRIDE_REFUSED = EventSpec(
        "override_refused",
        "d7be490e5721411f95067e8311b32143",
        Level.WARNING,
        "override input refused: {reason}",
        _GATE_FIELDS,
    )
    FIRE = EventSpec("fire", "83d2cc8a6a3647f483146ae8392f902d", Level.WARNING, "fire input {state}")
    OVERRIDE = EventSpec("override", "9e9ae71310eb4dc5bc2d905de0209961", Level.WARNING, "override input {state}")
    FAULT = EventSpec("fault", "87101ebd8c8e446a93bed304d0011667", Level.ERROR, "fault: {reason}")
    FAULT_OVER = EventSpec("fault_over", "c70af3a0d900437cb27a9f8eedf8a585", Level.NOTICE, "fault over: {reason}")
    OUTPUT_DIFFERS = EventSpec(
        "output_differs", "20f380f7b9234f73835941d198f2f629", Level.ERROR, "an output does not follow: {detail}"
    )
    PASSAGES_LOST = EventSpec(
        "passages_lost",
        "3d0bf23126374a6cb0786482d9367536",
        Level.WARNING,
        "up to {count} passages were not counted: they came faster than they were read",
    )
    CAMERA_LOST = EventSpec(
        "camera_lost", "72cdcb6c739b46cebcf1c58a4297b181", Level.ERROR, "source gives no frames: {detail}"
    )
    CAMERA_BACK = EventSpec(
        "camera_back", "4b0b0009c55949cfa784619f0ad558f4", Level.NOTICE, "source works again: {detail}"
    )
    FROZEN = EventSpec("frozen", "613e5175902940a2b3c758d9e87e3ca9", Level.ERROR, "picture frozen: {detail}")
    MOVING = EventSpec("moving", "b001a83eccc94ce9b944aa7cb61b9069", Level.NOTICE, "picture changes again: {detail}")
    FRAMES_SELDOM = EventSpec(
        "frames_seldom",
        "9b671616a33444b62ada3f16b5f7524e",
        Level.WARNING,
        "frames come too seldom: one in {every_ms} ms is looked at, a verdict needs one in {needed_ms} ms",
    )
    FRAMES_OFTEN = EventSpec(
        "frames_often", "f7fb488b9e6428dad28746979fd72957", Level.NOTICE, "frames come often enough again"
    )
    UNDECODABLE = EventSpec(
        "undecodable", "dc7991304b3e4b278ebfa620685e466b", Level.WARNING, "frame cannot be decoded: {detail}"
    )
    CUT_SHORT = EventSpec(
        "cut_short", "a5ffc5befa1b42c0abf9e6f9f397b375", Level.WARNING, "recording truncated: {detail}"
    )
    OVERLAY_FAILED = EventSpec(
        "overlay_failed", "486706a670a019b46108ee8b897d7189", Level.ERROR, "overlay failed: {reason}"
    )
    OVERLAY_LOADING = EventSpec(
        "overlay_loading",
        "2956fa6cdc03a2207d3959b0b083f5f5",
        Level.WARNING,
        "loading the overlay again, attempt {number} of {most}",
    )
    OVERLAY_BACK = EventSpec("overlay_back", "4f5d1729b79f94374c8317def132360d", Level.NOTICE, "overlay works again")
    ON_EMULATOR = EventSpec(
        "on_emulator",
        "a345031af5bf61f5036b0ec4e5700150",
        Level.WARNING,
        "the emulator takes over, slower: {reason}",
    )
    BUNDLE_BACK = EventSpec(
        "bundle_back",
        "8405a1d7c2d14eba9e042f27da22ab26",
        Level.WARNING,
        "bundle {bundle}: version {refused} does not work, rolled back to {version}: {reason}",
    )
    NOT_SEALED = EventSpec(
        "not_sealed",
        "4f7a2b34c13f4be581362ab476de3160",
        Level.WARNING,
        "the daemon's own filter of system calls does not work: {reason}",
    )
    FAILED = EventSpec(
        "failed", "0e3a5d47d7384dc8a52cc4db76ba93cb", Level.ERROR, "the daemon ends with an error: {reason}"
    )
    REPEATED = EventSpec(
        "repeated",
        "2e528ec4d1114a52a1506535587a3dc0",
        Level.NOTICE,
        "{what} happened {count} more times in {seconds} s",
    )
    UNWRITTEN = EventSpec(
        "unwritten", "1f783912c752455f9eeba7cc80b2c285", Level.WARNING, "not in the journal: {count} {why}"
    )
    SOURCE_ENDED = EventSpec("source_ended", "0bd33073672349b0bb9959bcf5313ecf", Level.INFO, "source ended: {detail}")

    ASLEEP = EventSpec(
        "asleep", "a28ddeb83dbce9305c12afb040bc7b7a", Level.INFO, "asleep, after {seconds} s awake: nothing moves"
    )
    AWAKE = EventSpec(
        "awake", "dc9daf1c608af9ec39e5e7fe1e14b37c", Level.INFO, "awake, after {seconds} s asleep: {woken_by}"
    )

    @property
    def spec(self) -> EventSpec:
        """The event's row in the table."""
        spec: EventSpec = self.value
        return spec
