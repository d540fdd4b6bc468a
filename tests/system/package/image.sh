#!/usr/bin/env bash
# Builds, once, the Debian tree that the package is installed in: systemd, and the packages that ours depends on, but
# OpenCV, whose package brings 700 MB of desktop: its wheel and a stand-in of the name fulfil that dependency.
# Prints its folder.
#
#   image.sh PYTHON       PYTHON has pip
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
suite=test-package
. "$here/../image_functions.sh"
python=$1

as_root "mmdebstrap, systemd-nspawn"
on_x86_64
need systemd-nspawn systemd-container
need dpkg-deb dpkg
need lintian lintian
need qemu-arm-static qemu-user-static

image_of "$here/image.sh"
root=$work/root
# apt stays as root in the tree's making: its own user may lack the right to a container's devices.
debian "$root" \
    systemd,systemd-sysv,dbus,udev,init-system-helpers,python3,python3-numpy,python3-yaml,python3-systemd \
    --variant=apt --aptopt='APT::Sandbox::User "root"' --dpkgopt='path-include=/usr/share/man/man*/*binarycop*'
# The last one that takes the numpy of Debian 12.
wheels "$python" "$root/usr/lib/python3/dist-packages" --no-deps opencv-python-headless==4.10.0.84
mkdir -p "$work/stand-in/DEBIAN"
cat >"$work/stand-in/DEBIAN/control" <<'CONTROL'
Package: python3-opencv
Version: 4.10.0~standin
Architecture: all
Maintainer: nobody <nobody@binarycop.invalid>
Description: stands for Debian's package, whose module is here as a wheel
CONTROL
dpkg-deb --root-owner-group --build "$work/stand-in" "$root/opencv.deb" >/dev/null
chroot "$root" dpkg --install /opencv.deb >/dev/null
rm -rf "$root/opencv.deb" "$root/var/cache/apt/archives" "$root/var/lib/apt/lists"
chroot "$root" python3 -c 'import cv2, numpy, systemd.journal, yaml' || die "Python in the tree does not import what the daemon needs"
keep "$root"
