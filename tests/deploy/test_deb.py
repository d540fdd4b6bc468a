"""The Debian package: every file is in its place, and the bytes do not depend on who builds it or when."""

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from deploy import deb

RELEASE = deb.Release("0.1.0~git20260101000000.00000000", 1_767_225_600, "Somebody <somebody@binarycop.invalid>")


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "binarycop-0.1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("binarycop/__init__.py", "")
        for machine in ("armv7l", "x86_64"):
            wheel.writestr(f"binarycop/classifier/native/xnor-neon-{machine}.so", "")
        wheel.writestr("binarycop/classifier/native/xnor_kernel.c", "")
        wheel.writestr("binarycop-0.1.0.dist-info/entry_points.txt", "[gpiozero_pin_factories]\n")
        wheel.writestr("binarycop-0.1.0.dist-info/RECORD", "")
        wheel.writestr("binarycop/bundles/n-cnv/manifest.json", "{}")
    for arch in ("armhf", "amd64"):
        (folder / arch).mkdir()
        with zipfile.ZipFile(folder / arch / f"ncnn-1-cp310-{arch}.whl", "w") as wheel:
            wheel.writestr("ncnn/", "")
            wheel.writestr(f"ncnn/ncnn.{arch}.so", "")
            wheel.writestr("ncnn/utils/download.py", "")
            wheel.writestr("ncnn-1.dist-info/licenses/LICENSE.txt", "BSD")
    return folder


@pytest.fixture
def helper(tmp_path: Path) -> Path:
    file = tmp_path / "gate-release"
    file.write_bytes(b"\x7fELF")
    return file


def build_package(tmp_path: Path, name: str, wheels: Path, helper: Path) -> Path:
    if not shutil.which("dpkg-deb"):
        pytest.skip("needs dpkg-deb")
    out = tmp_path / name
    out.mkdir()
    return deb.build(RELEASE, "armhf", wheels, helper, out)


def contents(package: Path) -> dict[str, str]:
    """Mode and owner of every path in the package."""
    listing = subprocess.run(["dpkg-deb", "-c", str(package)], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    return {row[5].removeprefix("./"): f"{row[0]} {row[1]}" for row in rows}


def test_the_same_inputs_give_the_same_bytes_with_any_umask(tmp_path: Path, wheels: Path, helper: Path) -> None:
    first = build_package(tmp_path, "first", wheels, helper)
    before = os.umask(0o077)
    try:
        second = build_package(tmp_path, "second", wheels, helper)
    finally:
        os.umask(before)
    assert first.read_bytes() == second.read_bytes()


def test_every_file_is_in_its_place(tmp_path: Path, wheels: Path, helper: Path) -> None:
    paths = contents(build_package(tmp_path, "out", wheels, helper))
    for file in (
        "etc/binarycop/gate.yaml",
        "lib/systemd/system/binarycop.service",
        "lib/systemd/system/binarycop-relay-off-list.service",
        "lib/systemd/system/binarycop-reset.service",
        "lib/systemd/system/binarycop-trial.service",
        "lib/systemd/system/binarycop-trial.timer",
        "lib/systemd/system/binarycop-metrics.service",
        "lib/systemd/system/binarycop-metrics.timer",
        "lib/systemd/system/binarycop-journal.service",
        "lib/systemd/system/binarycop-journal.socket",
        "lib/systemd/system/binarycop-status.socket",
        "lib/systemd/system/binarycop-overlay.service.d/10-bundle.conf",
        "usr/lib/sysusers.d/binarycop.conf",
        "usr/lib/binarycop/python/binarycop/__init__.py",
        "usr/lib/binarycop/python/binarycop-0.1.0.dist-info/entry_points.txt",
        "usr/share/binarycop/shipped/n-cnv/manifest.json",
        "usr/share/man/man1/binarycop.1.gz",
        "usr/share/man/man5/gate.yaml.5.gz",
        "usr/share/bash-completion/completions/binarycop",
        "usr/share/bash-completion/completions/binarycop-bundle",
        "usr/share/doc/binarycop/wiring.md",
        "usr/share/doc/binarycop/architecture.svg",
    ):
        assert paths[file] == "-rw-r--r-- root/root", file
    for program in ("usr/bin/binarycop", "usr/sbin/binarycop-bundle", "usr/lib/binarycop/gate-release"):
        assert paths[program] == "-rwxr-xr-x root/root"
    assert "usr/lib/binarycop/python/binarycop-0.1.0.dist-info/RECORD" not in paths
    assert not [path for path in paths if path.startswith("usr/lib/binarycop/python/binarycop/bundles")]


def test_the_package_for_armhf_has_its_binaries_and_their_licence_but_no_code_that_downloads(
    tmp_path: Path, wheels: Path, helper: Path
) -> None:
    package = build_package(tmp_path, "out", wheels, helper)
    paths = contents(package)
    ours = sorted(path for path in paths if "ncnn" in path and not path.endswith("/"))
    assert ours == ["usr/lib/binarycop/python/ncnn/ncnn.armhf.so", "usr/share/doc/binarycop/ncnn.licence"]
    depends = subprocess.run(["dpkg-deb", "-f", str(package), "Depends"], capture_output=True, text=True, check=True)
    assert "libstdc++6" in depends.stdout


def test_the_package_has_the_kernels_of_its_own_architecture_only(tmp_path: Path, wheels: Path, helper: Path) -> None:
    paths = contents(build_package(tmp_path, "out", wheels, helper))
    kernels = {Path(path).name: access for path, access in paths.items() if "/native/" in path and path.endswith(".so")}
    assert kernels == {"xnor-neon-armv7l.so": "-rw-r--r-- root/root"}
    assert not [path for path in paths if path.endswith(".c")]


def test_every_program_that_a_unit_starts_is_in_the_package(tmp_path: Path, wheels: Path, helper: Path) -> None:
    paths = contents(build_package(tmp_path, "out", wheels, helper))
    units = [*(deb.ROOT / "systemd").glob("*.service"), *(deb.HERE / "drop-ins").glob("*.conf")]
    started = {path for unit in units for path in re.findall(r"^Exec\w+=[-+]*/(\S+)", unit.read_text(), re.MULTILINE)}
    ours = {path for path in started if "binarycop" in path}
    assert ours == {"usr/bin/binarycop", "usr/lib/binarycop/gate-release"}
    assert ours <= set(paths)


def test_the_settings_are_a_conffile(tmp_path: Path, wheels: Path, helper: Path) -> None:
    package = build_package(tmp_path, "out", wheels, helper)
    conffiles = subprocess.run(
        ["dpkg-deb", "-I", str(package), "conffiles"], capture_output=True, text=True, check=True
    )
    assert conffiles.stdout == "/etc/binarycop/gate.yaml\n"


def test_a_file_in_systemd_without_a_place_stops_the_build(
    tmp_path: Path, wheels: Path, helper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(deb.ROOT / "systemd", tmp_path / "root/systemd")
    (tmp_path / "root/systemd/gate.mount").touch()
    monkeypatch.setattr(deb, "ROOT", tmp_path / "root")
    with pytest.raises(FileNotFoundError, match=r"gate\.mount has no place in the package"):
        build_package(tmp_path, "out", wheels, helper)


@pytest.mark.parametrize(
    "script",
    ["control/postinst", "control/prerm", "control/postrm", "launch/binarycop", "launch/binarycop-bundle", "install"],
)
def test_the_shell_can_parse_every_script(script: str) -> None:
    subprocess.run(["sh", "-n", str(deb.HERE / script)], check=True)
