"""What check-config advises."""

from binarycop.settings.classifier import Backend, ClassifierSettings, MemoryAccess, OverlaySettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.gate import Contact, Fail, GateSettings, Policy
from binarycop.settings.lines import InputSettings, LineSettings, LinesSettings
from binarycop.settings.notes import notes
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.settings.service import Mode, ServiceSettings


def notes_of(*lanes: LaneSettings) -> list[str]:
    return list(notes(Settings(gates=lanes)))


def test_the_defaults_need_no_advice() -> None:
    assert notes_of(LaneSettings()) == []


def test_a_held_contact_without_its_own_feedback_is_named() -> None:
    hold = GateSettings(contact=Contact.HOLD)
    [note] = notes_of(LaneSettings(name="north", gate=hold))
    assert note.startswith("gate north: gate.contact: hold without lines.feedback")
    assert notes_of(LaneSettings(gate=hold, lines=LinesSettings(feedback=InputSettings("F")))) == []


def test_an_override_that_its_hour_limits_is_named() -> None:
    gate = GateSettings(override_s=700, override_per_hour_s=600)
    [note] = notes_of(LaneSettings(gate=gate, lines=LinesSettings(override=InputSettings("KEY"))))
    assert note.startswith("gate.override_s, 700 s, is longer than gate.override_per_hour_s, 600 s")
    assert notes_of(LaneSettings(gate=gate)) == [], "there is no such input"


def test_gates_that_need_more_memory_than_the_unit_allows_are_named() -> None:
    large = FramesSettings(width_px=1920, height_px=1080)
    note, _ = notes_of(*(LaneSettings(name=f"g{index}", frames=large) for index in range(8)))
    assert "MemoryMax=" in note


def test_gates_that_leave_a_face_fewer_views_than_the_settings_ask_for_are_named() -> None:
    gates = tuple(LaneSettings(name=f"g{index}") for index in range(16))
    named = set(notes(Settings(ClassifierSettings(views=10), gates=gates)))
    unasked = set(notes(Settings(ClassifierSettings(views=1), gates=gates)))
    assert named - unasked == {"classifier.views: each face has 1, not 10: 16 gates share 16 crops in one step"}


def test_pins_that_only_mock_lines_are_named_by_default_are_named() -> None:
    [note] = notes_of(LaneSettings(name="north", lines=LinesSettings("gpiochip")))
    assert note.startswith("gate north: gpiochip may have no line RELAY, LD0, LD1, LD2, LD3, which is the default")
    [note] = notes_of(LaneSettings(lines=LinesSettings("gpiochip", lamps={})))
    assert "no line RELAY, which" in note
    wired = LinesSettings("gpiochip", permission=LineSettings("zynq_gpio:54"), lamps={})
    assert notes_of(LaneSettings(lines=wired), LaneSettings(lines=LinesSettings("mock"))) == []


def test_in_low_power_what_keeps_the_gates_awake_or_the_clock_fast_is_named() -> None:
    service = ServiceSettings(mode=Mode.LOW_POWER)
    for gate, key in (
        (GateSettings(policy=Policy.OFF), "gate.policy: off"),
        (GateSettings(fail=Fail.OPEN), "gate.fail: open"),
    ):
        lane = LaneSettings(name="north", gate=gate)
        [note] = notes(Settings(service=service, gates=(lane,)))
        assert note.startswith(f"gate north: with {key} the relay is on while nobody is there")
        assert notes_of(lane) == []
    uio = ClassifierSettings(backend=Backend.OVERLAY, overlay=OverlaySettings(MemoryAccess.UIO))
    [note] = notes(Settings(uio, service=service))
    assert "the overlay's clock stays as it is" in note
    assert list(notes(Settings(uio))) == list(notes(Settings(service=service))) == []
