"""The table of events. An id never changes its meaning, and is never used again."""

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """syslog's priorities."""

    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6


@dataclass(frozen=True)
class Entry:
    """message_id: journald's MESSAGE_ID, 128 bits in hex. text: what a person reads, with fields in braces."""

    name: str
    message_id: str
    level: Level
    text: str


class Event(Enum):
    """Every event that the journal knows."""

    STARTED = Entry(
        "started",
        "6775a53bb630495693647761264a6e17",
        Level.NOTICE,
        "started: {bundle} {version} on {backend}, finder {finder}, source {source}, lines {lines}, policy {policy}",
    )
    STOPPED = Entry("stopped", "7a5c58e348c6420c9f351a458da9886e", Level.NOTICE, "stopped: {reason}")
    READY = Entry("ready", "63cc3b0d70364aaea2e0a6f135189c11", Level.NOTICE, "ready: {detail}")
    STUCK = Entry(
        "stuck",
        "8e468df864a84f49bf8d14871dc164e9",
        Level.ERROR,
        "{stage} has hung for {seconds} s; the watchdog is not fed any more",
    )
    RELOADED = Entry("reloaded", "ec5fd717583243599afd01513eb8e2ef", Level.NOTICE, "settings read again: {changed}")
    RELOAD_REFUSED = Entry(
        "reload_refused",
        "73d3d7b5e79b4ae99fb0a9f263312989",
        Level.ERROR,
        "settings not taken over, the old ones stay: {reason}",
    )
    RESTART_NEEDED = Entry(
        "restart_needed", "d4323875f1474f3ebb416d02399a37ed", Level.WARNING, "after a restart only: {keys}"
    )
    GAVE_UP = Entry(
        "gave_up",
        "5b4822fffc34404b9a0c57956c830e45",
        Level.ERROR,
        "the gate does not start: relay released, tried again every {minutes} minutes",
    )
    PERSON = Entry("person", "0c13a937a4a04f2c86f905dca813abe7", Level.INFO, "person {person} in front")
    LEFT = Entry("left", "53cb4513491f4b9ba1fa5de7e525000d", Level.INFO, "person {person} gone")
    VERDICT = Entry(
        "verdict",
        "170c03f696e74787a3036ce868b3ad9e",
        Level.INFO,
        "person {person}: {class}, {votes} of {frames} frames, margin {margin:.1f}",
    )
    PERMIT = Entry(
        "permit", "cfdf6ab3a9e4485081b6dc43b3a326fc", Level.INFO, "person {person}: permission given ({class}, {cause})"
    )
    REFUSE = Entry("refuse", "bab2180ee4064fd9af62bc367047fb39", Level.INFO, "person {person}: refused ({class})")
    REMIND = Entry("remind", "5f935e71aa134b08ac2aabef5a81b990", Level.INFO, "person {person}: reminded ({class})")
    PASSED = Entry("passed", "30fd84b61f1a46a0afec0aef37880af7", Level.INFO, "person {person} passed, by {by}")
    NOT_PASSED = Entry(
        "not_passed", "e70390edd0b1416e9d8864d01859a67b", Level.INFO, "person {person}: permission not used"
    )
    TAILGATE = Entry(
        "tailgate",
        "1d31506138aa48128766270b53e875ce",
        Level.WARNING,
        "passage behind a permitted one, without permission",
    )
    FORCED = Entry("forced", "9e6ccdacb05d4bb0880bfa20ee0c031b", Level.WARNING, "passage without permission")
    WITHDRAWN = Entry(
        "withdrawn", "08fdbfdb89944038b65615fb05034222", Level.NOTICE, "person {person}: permission withdrawn"
    )
    FIRE = Entry("fire", "83d2cc8a6a3647f483146ae8392f902d", Level.WARNING, "fire input {state}")
    OVERRIDE = Entry("override", "9e9ae71310eb4dc5bc2d905de0209961", Level.WARNING, "override input {state}")
    FAULT = Entry("fault", "87101ebd8c8e446a93bed304d0011667", Level.ERROR, "fault: {reason}")
    FAULT_OVER = Entry("fault_over", "c70af3a0d900437cb27a9f8eedf8a585", Level.NOTICE, "fault over: {reason}")
    CAMERA_LOST = Entry("camera_lost", "72cdcb6c739b46cebcf1c58a4297b181", Level.ERROR, "source lost: {detail}")
    CAMERA_BACK = Entry("camera_back", "4b0b0009c55949cfa784619f0ad558f4", Level.NOTICE, "source back: {detail}")
    FROZEN = Entry("frozen", "613e5175902940a2b3c758d9e87e3ca9", Level.ERROR, "picture frozen: {detail}")
    MOVING = Entry("moving", "b001a83eccc94ce9b944aa7cb61b9069", Level.NOTICE, "picture moves again: {detail}")
    UNDECODABLE = Entry(
        "undecodable", "dc7991304b3e4b278ebfa620685e466b", Level.WARNING, "picture does not decode: {detail}"
    )
    CUT_SHORT = Entry("cut_short", "a5ffc5befa1b42c0abf9e6f9f397b375", Level.WARNING, "recording cut short: {detail}")
    OVERLAY_FAILED = Entry(
        "overlay_failed", "486706a670a019b46108ee8b897d7189", Level.ERROR, "overlay failed: {reason}"
    )
    OVERLAY_LOADING = Entry(
        "overlay_loading",
        "2956fa6cdc03a2207d3959b0b083f5f5",
        Level.WARNING,
        "tries to load the overlay anew, {number} of {most}",
    )
    OVERLAY_BACK = Entry("overlay_back", "4f5d1729b79f94374c8317def132360d", Level.NOTICE, "overlay works again")
    ON_EMULATOR = Entry(
        "on_emulator",
        "a345031af5bf61f5036b0ec4e5700150",
        Level.WARNING,
        "goes on with the emulator, slower: {reason}",
    )
    BUNDLE_BACK = Entry(
        "bundle_back",
        "8405a1d7c2d14eba9e042f27da22ab26",
        Level.WARNING,
        "bundle {bundle}: {refused} failed its self-test, went back to {version}: {reason}",
    )
    NOT_SEALED = Entry(
        "not_sealed",
        "4f7a2b34c13f4be581362ab476de3160",
        Level.WARNING,
        "the daemon cannot forbid itself to start programs: {reason}",
    )
    SOURCE_ENDED = Entry("source_ended", "0bd33073672349b0bb9959bcf5313ecf", Level.INFO, "source ended: {detail}")

    @property
    def entry(self) -> Entry:
        """The table's row."""
        row: Entry = self.value
        return row
