#!/usr/bin/env bash
# Builds, once, the Debian tree that the package is installed in: systemd, and the packages that ours depends on, but
# OpenCV, whose package brings 700 MB of desktop: its wheel and a stand-in of the name fulfil that dependency.
# Prints its folder.
#
#   image.sh PYTHON       PYTHON has pip
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$1

die() { echo "test-package: $*" >&2; exit 1; }
say() { echo "test-package: $*" >&2; }

[ "$(id -u)" = 0 ] || die "root is needed (mmdebstrap, systemd-nspawn)"

need() { # PROGRAM PACKAGE
    command -v "$1" >/dev/null && return
    command -v apt-get >/dev/null || die "$1 is missing (Debian's package $2)"
    say "installing $2"
    apt-get update -qq >&2 || die "apt-get update failed"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null || die "$2 cannot be installed"
}

need systemd-nspawn systemd-container
need dpkg-deb dpkg
need lintian lintian
need qemu-arm-static qemu-user-static
[ "$(uname -m)" = x86_64 ] || die "the tree is one for x86-64"

key=$(sha256sum <"$here/image.sh" | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/binarycop-package
tree=$cache/$key
if [ -d "$tree" ]; then
    echo "$tree"
    exit
fi

say "building the tree, once: $tree"
need mmdebstrap mmdebstrap
work=$cache/$key.$$
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/stand-in/DEBIAN"
# apt stays as root in the tree's making: its own user may lack the right to a container's devices.
mmdebstrap --quiet --variant=apt --aptopt='APT::Sandbox::User "root"' \
    --include=systemd,systemd-sysv,dbus,udev,init-system-helpers,python3,python3-numpy,python3-yaml,python3-systemd \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-include=/usr/share/man/man*/*binarycop*' \
    bookworm "$work/root" >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; die "the tree cannot be built"; }
# The last one that takes the numpy of Debian 12.
"$python" -m pip install --quiet --disable-pip-version-check --target "$work/root/usr/lib/python3/dist-packages" \
    --python-version 3.11 --only-binary=:all: --no-deps opencv-python-headless==4.10.0.84 || die "OpenCV cannot be had as a wheel"
cat >"$work/stand-in/DEBIAN/control" <<'CONTROL'
Package: python3-opencv
Version: 4.10.0~standin
Architecture: all
Maintainer: nobody <nobody@binarycop.invalid>
Description: stands for Debian's package, whose module is here as a wheel
CONTROL
dpkg-deb --root-owner-group --build "$work/stand-in" "$work/root/opencv.deb" >/dev/null
chroot "$work/root" dpkg --install /opencv.deb >/dev/null
rm -rf "$work/root/opencv.deb" "$work/root/var/cache/apt/archives" "$work/root/var/lib/apt/lists"
chroot "$work/root" python3 -c 'import cv2, numpy, systemd.journal, yaml' || die "Python in the tree does not import what the daemon needs"
mv "$work/root" "$tree"  # last: its presence says that it is whole
find "$cache" -mindepth 1 -maxdepth 1 -mtime +14 ! -path "$tree" -exec rm -rf {} + # of recipes that are past
echo "$tree"
