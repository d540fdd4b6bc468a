#!/usr/bin/env bash
# Builds once the Debian tree in which the package is installed: systemd, and the packages that it depends on. OpenCV's
# package needs 700 MB of desktop, so its wheel and an empty package of that name are installed instead.
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
# apt stays root while the tree is built: its own user may have no access to a container's devices.
debian "$root" \
    systemd,systemd-sysv,dbus,udev,init-system-helpers,python3,python3-numpy,python3-yaml,python3-systemd \
    --variant=apt --aptopt='APT::Sandbox::User "root"' --dpkgopt='path-include=/usr/share/man/man*/*binarycop*' \
    --dpkgopt='path-include=/usr/share/man/man5/gate.yaml*'
# The last version that works with Debian 12's numpy.
wheels "$python" "$root/usr/lib/python3/dist-packages" --no-deps opencv-python-headless==4.10.0.84
mkdir -p "$work/stand-in/DEBIAN"
cat >"$work/stand-in/DEBIAN/control" <<'CONTROL'
Package: python3-opencv
Version: 4.10.0~standin
Architecture: all
Maintainer: nobody <nobody@binarycop.invalid>
Description: replaces Debian's package, whose module is installed as a wheel
CONTROL
dpkg-deb --root-owner-group --build "$work/stand-in" "$root/opencv.deb" >/dev/null
chroot "$root" dpkg --install /opencv.deb >/dev/null
rm -rf "$root/opencv.deb" "$root/var/cache/apt/archives" "$root/var/lib/apt/lists"
chroot "$root" python3 -c 'import cv2, numpy, systemd.journal, yaml' || die "Python in the tree does not import what the daemon needs"
keep "$root"
