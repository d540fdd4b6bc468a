"""What docs/first-hour.md shows of ``binarycop aim`` is what the command shows."""

import re
from dataclasses import replace

from binarycop.aim import judgement
from binarycop.cli.aim_screen import Heading, judgement_lines, screen
from binarycop.cli.terminal import Line, Terminal
from binarycop.detection import light_limits
from binarycop.geometry import Box
from tests.aim.fakes import Aiming
from tests.docs.pages import ROOT
from tests.service.fakes import NOSE

TEXT = (ROOT / "docs" / "first-hour.md").read_text(encoding="utf-8").partition("\n## Aiming the camera")[2]
SHOWN, FINDINGS = (block.splitlines() for block in re.findall(r"^```\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)[:2])
HEADING = Heading("gate", "drawn.avi", "mock", 40, 5, 22, opens_when_off=False)
PLAIN = Terminal(environment={"TERM": "dumb"})


def without_figures(lines: list[Line] | list[str]) -> list[str]:
    """The lines with every number as one digit, without the mark, the bar and the width of gaps."""
    texts = [PLAIN.styled(one) for one in lines]
    changes = ((r"[O.](?=[O.|])|(?<=[O.])[O.]", "."), (r"#+ *", ""), (r" +", " "), (r"\d+(\.\d+)?", "0"))
    for pattern, new in changes:
        texts = [re.sub(pattern, new, text).rstrip() for text in texts]
    return texts


def aiming(box: Box, light: float) -> Aiming:
    """A person at this place of a clip, for long enough to get a judgement."""
    one = Aiming("drawn.avi")
    one.grabber.mode = "recording"
    one.setup.detectors[0].box, one.setup.classifier.scores_of = box, [NOSE]
    one.pixels = (one.pixels * light).astype("uint8")
    one.pixels[::2] += 20  # so that it is not blurred
    return one.frames(620)


def test_the_screen_is_that_of_the_command() -> None:
    view = aiming(Box(300, 200, 89, 89), 1.0).session.view()
    assert view.judgement is not None
    view = replace(view, judgement=judgement.Judgement((), 44))
    assert without_figures(SHOWN) == without_figures(screen(view, HEADING, is_relay_on=False))


def test_the_findings_are_those_of_the_command() -> None:
    judged = aiming(Box(15, 200, 50, 50), 0.2).session.judgement()
    assert without_figures(FINDINGS) == without_figures(judgement_lines(judged, HEADING, 20))


def test_the_kinds_of_findings_are_those_of_the_code() -> None:
    listed = TEXT.partition("each with `kind`")[2].partition(")")[0]
    assert re.findall(r"`(\w+)`", listed) == [kind.value for kind in judgement.ProblemKind]


def test_the_thresholds_are_those_of_the_code() -> None:
    for words in (
        f"fewer than {100 * judgement.LEAST_WITH_FACE:.0f} % of the frames have a face",
        f"less than {judgement.GOOD_PX} px wide, or taller than {100 * judgement.MOST_HEIGHT:g} % of the picture",
        f"({judgement.Camera(640, 480, None).most_px} px wide in 640×480)",
        f"in proportion with frames above {judgement.REFERENCE_PX}",
        "less than half a width of the face" if judgement.LEAST_ROOM == 0.5 else "",
        f"brightness below {light_limits.LEAST_BRIGHTNESS:.0f} |",
        f"has brightness below {light_limits.BACKLIT_BRIGHTNESS:.0f}, and what is behind is twice as bright"
        if light_limits.BACKLIT == 2
        else "",
        f"more than {100 * judgement.MOST_CLIPPED:.0f} % of the face have no detail",
        f"sharpness {judgement.LEAST_SHARPNESS:.0f} or less, and not dark",
        f"less than {100 * light_limits.LEAST_RATE:.0f} % of `frames.rate_hz`",
        f"more than {judgement.MOST_SLOW_INTERVAL} times as long as the median",
        "more than half of the frames give no vote" if judgement.LEAST_VOTES == 0.5 else "",
    ):
        assert words
        assert words in TEXT
