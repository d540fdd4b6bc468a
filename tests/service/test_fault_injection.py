"""The two scripts behind the figures in docs/overlay.md."""

import pytest

from binarycop.bundle.files import Bundle
from binarycop.service import bench_overlay
from binarycop.service.fault_injection import inject
from binarycop.settings.classifier import FaultKind

pytestmark = pytest.mark.pynq


def test_a_fault_switches_the_relay_off_and_is_over_within_one_frame() -> None:
    result = inject("n-cnv", FaultKind.FLIP)
    assert result.events == ("fault", "withdrawn", "left", "overlay_failed", "overlay_loading", "overlay_back")
    assert 0 < result.relay_off_ms < result.recovered_ms


def test_the_benchmark_prints_a_row_for_each_batch(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["benchmark", "--bundle", str(tiny_bundle.folder), "--rounds", "2"])
    assert bench_overlay.main() == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows[2:-1]] == ["1", "2", "4", "8", "16"]
    assert "longest wait" in rows[-1]
