"""What setup.py and setup.cfg make of the project: files of a wheel, metadata, long description."""

import configparser
import email
import email.message
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from binarycop import __version__
from binarycop.bundle import files as bundles
from tests.docs.pages import ROOT
from tests.patience import PATIENCE_S

pytest.importorskip("setuptools", reason="needs setuptools")
BUNDLES = ("cnv", "n-cnv", "u-cnv")
SETTINGS = configparser.ConfigParser()
SETTINGS.read(ROOT / "setup.cfg")


def setup(*arguments: str) -> None:
    command = [sys.executable, "setup.py", "--quiet", *arguments]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel has of the project, as a folder."""
    folder = tmp_path_factory.mktemp("built")
    setup("build_py", "--build-lib", str(folder))
    return folder / "binarycop"


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> email.message.Message:
    folder = tmp_path_factory.mktemp("metadata")
    setup("egg_info", "--egg-base", str(folder))
    return email.message_from_string((folder / "binarycop.egg-info/PKG-INFO").read_text(encoding="utf-8"))


def requirements_of(section: str, key: str) -> list[str]:
    lines = (line.strip() for line in SETTINGS[section][key].splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def paths(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_package_has_every_module_of_the_daemon(built: Path) -> None:
    daemon = ROOT / "daemon" / "binarycop"
    modules = {path for path in paths(daemon) if path.endswith(".py")}
    assert len(modules) > 100
    assert modules <= set(paths(built))


@pytest.mark.parametrize("name", BUNDLES)
def test_the_package_has_each_bundle_without_what_only_a_build_reads(built: Path, name: str) -> None:
    packaged = bundles.load(built / "bundles" / name)
    of_the_checkout = ROOT / "overlays" / "bundles" / name
    assert packaged.manifest == bundles.load(of_the_checkout).manifest
    left_out = set(packaged.manifest.sha256) - set(paths(packaged.folder))
    assert left_out == {"model.onnx"}


def test_the_package_has_what_the_daemon_reads_beside_its_modules(built: Path) -> None:
    for name in (
        "py.typed",
        "detection/lookout/weights.npz",
        "classifier/native/xnor_kernel.c",
        "classifier/native/area_mean.c",
        "classifier/native/halve.c",
    ):
        assert (built / name).is_file(), name


def test_an_installed_package_finds_its_bundles_outside_any_checkout(built: Path, tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    shutil.copytree(built, site / "binarycop")
    program = "from binarycop.bundle.search import find_bundle; print(find_bundle('n-cnv'))"
    path = [str(site), *(entry for entry in sys.path if "site-packages" in entry)]
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {path}; {program}"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert Path(done.stdout.strip()) == site / "binarycop/bundles/n-cnv"


def test_the_metadata_name_who_made_it_under_which_licence_and_no_address(metadata: email.message.Message) -> None:
    assert metadata["Version"] == __version__
    assert metadata["Author"] == "the BinaryCoP gate controller developers"
    assert (metadata["License-Expression"] or metadata["License"]) == "BSD-3-Clause"
    assert metadata["Keywords"]
    assert not [value for value in metadata.get_all("Classifier", []) if value.startswith("License")]
    assert metadata["Home-page"] is None
    assert metadata["Project-URL"] is None


def test_a_board_is_asked_for_nothing_that_pip_would_have_to_build_there() -> None:
    requirements = requirements_of("options", "install_requires")
    assert len(requirements) >= 4
    anywhere = [text for text in requirements if 'platform_machine != "armv7l"' not in text]
    assert [re.split(r"\W", text)[0] for text in anywhere] == ["gpiozero"]


def test_no_extra_needs_a_compiler_or_an_address_that_the_index_refuses() -> None:
    extras = dict(SETTINGS["options.extras_require"])
    assert {"ncnn", "simulated-board"} <= set(extras)
    every = [text for extra in extras for text in requirements_of("options.extras_require", extra)]
    assert [text for text in every if "systemd-python" in text or "@" in text] == []


def test_the_long_description_links_only_to_addresses(metadata: email.message.Message) -> None:
    text = metadata.get_payload()
    assert isinstance(text, str)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    assert "`make run`" in text
    assert "| install a board and make it decide | docs/first-hour.md |" in text
    assert "| wire a speed gate, or several (docs/wiring.md), and know" in text
    assert "([" not in text
