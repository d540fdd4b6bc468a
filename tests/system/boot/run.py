"""Boots a whole machine with the package installed, twice from the same disk, and prints the results.

``make test-boot`` calls it. The machine is qemu without acceleration: Debian 12's kernel and systemd, vivid as the
camera, gpio-sim as the chip, and nobody to log in. Its camera shows two drawn people, one after the other, again and
again. image.sh builds kernel and tree once; the package is that of the commit. It never skips a check and needs root.
The exit code is 0 only if every check ran and was good.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import cv2

from binarycop.classes import MaskClass
from binarycop.frames.demo import RATE_HZ, Demo, visits
from tests.system import host
from tests.system.boot import camera_player, guest
from tests.system.host import ROOT, Reports

HERE = Path(__file__).resolve().parent
CODE = ("tests/__init__.py", "tests/system/__init__.py", "tests/system/guest.py",
        *(f"tests/system/boot/{name}.py" for name in ("__init__", "camera_player", "guest",
                                                       "relay_recorder")))  # fmt: skip
BUILD_LONGEST_S = 300
BOOT_LONGEST_S = 1200
MEMORY_MB = 512
DISK_SPARE_MB = 200
EVERY = 2  # every second frame of the demo is shown, three times each, at 25 a second
EMPTY_S = camera_player.EMPTY * EVERY / RATE_HZ  # before each person comes
PEOPLE = (MaskClass.CORRECT, MaskClass.NOSE)
SETTINGS = """frames: {source: /dev/binarycop/camera, width_px: 320, height_px: 240, rate_hz: 25, pixel_format: YUYV}
faces: {finder: fixed}
lines:
  factory: gpiochip
  permission: {pin: gate-relay}
  lamps: {correct: {pin: lamp-correct}, nose: {pin: lamp-nose}, nose_mouth: {pin: lamp-mouth}, chin: {pin: lamp-chin}}
"""
RELAY = "/sys/devices/platform/zynq-gpio.0/gpiochip0/sim_gpio0/value"
CAMERA_PLAYER = """[Unit]
Description=Plays pictures to the camera
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target binarycop.service

[Service]
Type=notify
ExecStart=/usr/bin/python3 /opt/trial/tests/system/boot/camera_player.py /opt/trial/pictures {mark}
"""
PEOPLE_COME = """[Unit]
Description=People come once the gate is ready
After=binarycop.service

[Service]
Type=oneshot
ExecStart=/bin/touch {mark}
"""
RELAY_RECORDER = """[Unit]
Description=Records the relay's level
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target binarycop.service

[Service]
ExecStart=/usr/bin/python3 /opt/trial/tests/system/boot/relay_recorder.py {line} {notes}
"""


def image() -> Path | None:
    """The suite's image; None if it cannot be built."""
    return host.image(HERE / "image.sh")


def main() -> int:
    """Build, boot, boot again, report."""
    if os.geteuid() != 0:
        print("test-boot: root is needed (device nodes, chroot)", file=sys.stderr)
        return 1
    wanted = sum(len(checks) for checks in guest.CHECKS.values())
    return host.run_suite("test-boot", image, _checks, wanted=wanted)


def _checks(image: Path, work: Path, reports: Reports) -> bool:
    disk = _disk(image / "root", work)
    return all(_boot(image, disk, boot, work, reports) for boot in guest.CHECKS)


def _disk(tree: Path, work: Path) -> Path:
    """Make a disk with the tree, the package, the settings of this test, and the programs around the gate."""
    root = work / "root"
    subprocess.run(["cp", "-a", tree, root], check=True)
    _install(root, work)
    (root / "etc/binarycop/gate.d/40-trial.yaml").write_text(SETTINGS)
    (root / "etc/machine-id").write_text(uuid4().hex + "\n")
    trial = root / "opt/trial"
    for name in CODE:
        (trial / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, trial / name)
    _write_pictures(trial / "pictures")
    host.add_trial(root, "/usr/bin/env PYTHONPATH=/opt/trial /usr/bin/python3 -m tests.system.boot.guest")
    wanted = root / "etc/systemd/system/multi-user.target.wants"
    units = {
        "camera-player.service": CAMERA_PLAYER.format(mark=guest.MARK),
        "people.service": PEOPLE_COME.format(mark=guest.MARK),
        "relay-recorder.service": RELAY_RECORDER.format(line=RELAY, notes=guest.NOTES),
    }
    for unit, text in units.items():
        (wanted.parent / unit).write_text(text)
        (wanted / unit).symlink_to(f"/etc/systemd/system/{unit}")
    disk = work / "disk"
    size_mb = int(subprocess.run(["du", "-sm", root], check=True, capture_output=True, text=True).stdout.split()[0])
    command = ["mkfs.ext4", "-q", "-F", "-d", str(root), str(disk), f"{size_mb + DISK_SPARE_MB}M"]
    subprocess.run(command, check=True)
    shutil.rmtree(root)
    return disk


def _install(root: Path, work: Path) -> None:
    """Install the commit's package as deploy/install does: set up, with a known good bundle."""
    environment = {**os.environ, "PYTHON": sys.executable}
    command = [str(ROOT / "deploy/package"), str(work / "dist"), "amd64"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=BUILD_LONGEST_S)
    [package] = (work / "dist").glob("*_amd64.deb")
    shutil.copy(package, root / "package.deb")
    host.run_in(root, "dpkg", "--install", "/package.deb")
    host.run_in(root, "binarycop", "bundle", "ensure")
    # As on a board where the daemon has worked with it, so that its trial does not slow down the emulated starts.
    store = root / "var/lib/binarycop"
    (store / "proven").mkdir()
    (store / "proven/n-cnv").write_text((store / "bundles/n-cnv").readlink().name + "\n")
    (root / "package.deb").unlink()


def _write_pictures(file: Path) -> None:
    """Write the demo's visits of PEOPLE, one after the other, in vivid's format."""
    shown = [visit for visit in visits() if visit.mask_class in PEOPLE]
    demo = Demo()
    with file.open("wb") as out:
        while (frame := demo.read()) is not None:
            is_shown = any(visit.from_s - EMPTY_S <= frame.captured_s < visit.to_s for visit in shown)
            if is_shown and frame.number % EVERY == 0:
                out.write(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2YUV_YUY2).tobytes())


def _boot(image: Path, disk: Path, boot: str, work: Path, reports: Reports) -> bool:
    """Boot the machine until its power-off. Returns whether it ended in time."""
    drive = f"file={disk},if=virtio,format=raw,cache=unsafe"
    ended = host.qemu(
        image / "kernel", image / "initrd", f"{guest.BOOT}{boot}", work, MEMORY_MB, BOOT_LONGEST_S,
        lambda: reports.read(work / "reports"), "-drive", drive,
    )  # fmt: skip
    if not ended:
        print(f"test-boot: the {boot} boot did not end by itself within {BOOT_LONGEST_S} s", file=sys.stderr)
    return ended


if __name__ == "__main__":
    sys.exit(main())
