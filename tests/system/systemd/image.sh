#!/usr/bin/env bash
# Builds once the Debian tree in which the units are tested: systemd, Python with its systemd module, and the daemon's
# requirements. Prints its folder.
#
#   image.sh PYTHON REQUIREMENT...      PYTHON has pip; REQUIREMENTs go into the tree as wheels
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
suite=test-systemd
. "$here/../image_functions.sh"
python=$1
shift
requirements=("$@")

as_root "mmdebstrap, systemd-nspawn"
on_x86_64
need systemd-nspawn systemd-container
need gcc gcc

image_of "$here/image.sh" <(printf '%s\n' "${requirements[@]}")
root=$work/root
debian "$root" systemd,systemd-sysv,dbus,udev,python3,python3-systemd,systemd-journal-remote,libstdc++6 --variant=essential
wheels "$python" "$root/opt/site" "${requirements[@]}"
rm -rf "$root/var/cache/apt" "$root/var/lib/apt/lists"
PYTHONPATH=/opt/site chroot "$root" python3 -c 'import cv2, gpiozero, numpy, systemd.journal, yaml' ||
    die "Python in the tree does not import what the daemon needs"
# systemd 247, the last one in Debian before Ubuntu 22.04's 249, only unpacked: it reads the units and does not run them.
mmdebstrap --quiet --variant=extract --include=systemd bullseye "$root/opt/older" \
    "deb http://deb.debian.org/debian bullseye main" >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; die "Debian 11's systemd is not available"; }
keep "$root"
