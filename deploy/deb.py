"""Builds the Debian package from wheels and a few files. The same inputs give the same bytes.

``deploy/package`` calls it in the tree of a commit. It does not use debhelper, since Debian's packages of Python
modules are for one version of Python, and this one must run with the board's as well as with that of the tests.
"""

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from deploy import manual

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PYTHON = "usr/lib/binarycop/python"
SHIPPED = "usr/share/binarycop/shipped"
# Where a wheel has the bundles (setup.py).
_BUNDLES = "binarycop/bundles"
_SCRIPTS = ("postinst", "prerm", "postrm")
_UNITS = "lib/systemd/system"
# Libraries that ncnn's binaries need (readelf -dV); only the package for armhf contains them.
_LIBRARIES = {"armhf": "libc6 (>= 2.31), libgcc-s1 (>= 3.5), libstdc++6 (>= 9), "}
# The machine in the names of the emulator's kernels.
_MACHINES = {"armhf": "armv7l", "amd64": "x86_64"}
# Where each kind of file in systemd/ goes. In a folder (with a slash at its end) the file keeps its name.
_PLACES = {
    ".service": f"{_UNITS}/",
    ".socket": f"{_UNITS}/",
    ".timer": f"{_UNITS}/",
    ".rules": "lib/udev/rules.d/",
    ".catalog": "usr/lib/systemd/catalog/",
    ".sysusers": "usr/lib/sysusers.d/binarycop.conf",
    ".tmpfiles": "usr/lib/tmpfiles.d/binarycop.conf",
    ".journald": "usr/lib/systemd/journald.conf.d/binarycop.conf",
    ".conf": "usr/share/binarycop/",
}


@dataclass(frozen=True)
class Release:
    """What a package is built as.

    version: Debian's version. date_s: time of the commit in seconds since 1970, for every file in the package.
    """

    version: str
    date_s: int
    maintainer: str


def build(release: Release, arch: str, wheels: Path, helper: Path, out: Path) -> Path:
    """Write ``binarycop_VERSION_ARCH.deb`` to the folder ``out`` and return its path.

    wheels: a folder of wheels; wheels for one architecture only are in a subfolder with its name. helper: gate-release,
    compiled for ``arch``. Raises FileNotFoundError if a file in systemd/ has no place in the package.
    """
    with tempfile.TemporaryDirectory(prefix="binarycop-deb-") as work:
        tree = Path(work) / "tree"
        _fill(tree, [*wheels.glob("*.whl"), *wheels.glob(f"{arch}/*.whl")], helper, release, arch)
        _set_modes(tree)
        _write_control(tree, release, arch)
        package = out / f"binarycop_{release.version}_{arch}.deb"
        # One thread: xz's blocks depend on the number of threads. xz: Ubuntu's default, zstd, is not Debian's.
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(release.date_s), "DPKG_DEB_THREADS_MAX": "1"}
        command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(tree), str(package)]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        return package


def _fill(tree: Path, wheels: list[Path], helper: Path, release: Release, arch: str) -> None:
    for wheel in sorted(wheels):
        _unpack(wheel, tree, arch)
    _copy(HERE / "launch/launch.py", tree / "usr/lib/binarycop/launch.py")
    _copy(HERE / "launch/binarycop", tree / "usr/bin/binarycop")
    _copy(HERE / "launch/binarycop-bundle", tree / "usr/sbin/binarycop-bundle")
    _copy(helper, tree / "usr/lib/binarycop/gate-release")
    _link(tree / "usr/sbin/gate-release", "../lib/binarycop/gate-release")
    # The daemon looks for bundles here; the bundle store decides which versions are in use.
    _link(tree / "usr/share/binarycop/bundles", "/var/lib/binarycop/bundles")
    _copy(HERE / "gate.yaml", tree / "etc/binarycop/gate.yaml")
    (tree / "etc/binarycop/gate.d").mkdir()
    _add_units(tree)
    with tempfile.TemporaryDirectory() as pages:
        manual.write(Path(pages))
        for page in sorted(Path(pages).glob("man*/*")):
            _compress(page.read_bytes(), tree / "usr/share/man" / page.parent.name / f"{page.name}.gz")
        for file in sorted((Path(pages) / "completions").iterdir()):
            _copy(file, tree / "usr/share/bash-completion/completions" / file.name)
    documents = tree / "usr/share/doc/binarycop"
    _copy(HERE / "control/copyright", documents / "copyright")
    _compress(_changelog(release).encode(), documents / "changelog.gz")
    _copy(HERE / "control/lintian-overrides", tree / "usr/share/lintian/overrides/binarycop")
    for document in sorted([*(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*.svg")]):
        _copy(document, documents / document.name)


def _unpack(wheel: Path, tree: Path, arch: str) -> None:
    """Unpack a wheel: modules to the package's own folder, bundles to the folder that postinst installs them from."""
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.namelist():
            path = Path(entry)
            if path.name in ("RECORD", "WHEEL", "LICENSE") or path.parent.name == "sboms":
                continue  # pip's own records; the project's licence is in the file copyright
            if entry.endswith("/") or path.is_relative_to("ncnn/model_zoo") or path.is_relative_to("ncnn/utils"):
                continue  # these download networks; the device has no network access
            if path.match("native/*.so") and not path.name.endswith(f"-{_MACHINES[arch]}.so"):
                continue
            if path.match("native/*.c"):
                continue  # the kernel is compiled here
            if path.is_relative_to(_BUNDLES):
                target = tree / SHIPPED / path.relative_to(_BUNDLES)
            elif path.name.startswith("LICENSE"):
                target = tree / f"usr/share/doc/binarycop/{path.parts[0].split('-')[0]}.licence"
            else:
                target = tree / PYTHON / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(entry))


def _add_units(tree: Path) -> None:
    """Copy the files of systemd/ to where systemd, udev and journald look for them."""
    for file in sorted((ROOT / "systemd").iterdir()):
        place = _PLACES.get(file.suffix)
        if place is None:
            raise FileNotFoundError(f"{file} has no place in the package: name one in deploy/deb.py")
        _copy(file, tree / place / (file.name if place.endswith("/") else ""))
    _copy(HERE / "drop-ins/10-bundle.conf", tree / _UNITS / "binarycop-overlay.service.d/10-bundle.conf")


def _write_control(tree: Path, release: Release, arch: str) -> None:
    folder = tree / "DEBIAN"
    folder.mkdir()
    size_kib = sum(-(-path.lstat().st_size // 1024) for path in tree.rglob("*") if path.is_file())
    fields = {"version": release.version, "arch": arch, "size": size_kib, "maintainer": release.maintainer}
    fields["libraries"] = _LIBRARIES.get(arch, "")
    (folder / "control").write_text((HERE / "control/control.in").read_text().format(**fields))
    (folder / "conffiles").write_text("/etc/binarycop/gate.yaml\n")
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    lines = [
        f"{_md5(path)}  {path.relative_to(tree)}\n"
        for path in files
        if path.relative_to(tree).parts[0] not in ("DEBIAN", "etc")
    ]
    (folder / "md5sums").write_text("".join(lines))
    for script in _SCRIPTS:
        _copy(HERE / "control" / script, folder / script)
        (folder / script).chmod(0o755)
    for path in folder.iterdir():
        if path.name not in _SCRIPTS:
            path.chmod(0o644)
    folder.chmod(0o755)


def _md5(path: Path) -> str:
    # dpkg finds damaged files with it; it protects nothing secret.
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _changelog(release: Release) -> str:
    lines = (
        f"binarycop ({release.version}) unstable; urgency=medium",
        "",
        "  * Built from the commit that the version names.",
        "",
        f" -- {release.maintainer}  {formatdate(release.date_s)}",
    )
    return "\n".join(lines) + "\n"


def _set_modes(tree: Path) -> None:
    """Give every file and folder its mode, so that modes do not depend on the umask."""
    for path in [tree, *tree.rglob("*")]:
        if path.is_symlink():
            continue
        is_executable = path.is_dir() or path.parent.name in ("bin", "sbin") or path.name == "gate-release"
        path.chmod(0o755 if is_executable else 0o644)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _link(path: Path, to: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)


def _compress(data: bytes, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(data, 9, mtime=0))


def main() -> None:
    """Build the package that the arguments describe, and print its path."""
    parser = argparse.ArgumentParser(description="Build the Debian package of one architecture.")
    parser.add_argument("--arch", required=True)
    parser.add_argument("--wheels", type=Path, required=True)
    parser.add_argument("--helper", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--date", type=int, required=True)
    parser.add_argument("--maintainer", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    release = Release(options.version, options.date, options.maintainer)
    print(build(release, options.arch, options.wheels, options.helper, options.out))


if __name__ == "__main__":
    main()
