#!/usr/bin/env bash
# Builds, once, the Debian tree that the units are tried in: systemd, Python with its systemd module, and what the daemon
# needs from outside. Prints its folder.
#
#   image.sh PYTHON REQUIREMENT...      PYTHON has pip; REQUIREMENTs go into the tree as wheels
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$1
shift
requirements=("$@")

die() { echo "test-systemd: $*" >&2; exit 1; }
say() { echo "test-systemd: $*" >&2; }

[ "$(id -u)" = 0 ] || die "root is needed (mmdebstrap, systemd-nspawn)"

need() { # PROGRAM PACKAGE
    command -v "$1" >/dev/null && return
    command -v apt-get >/dev/null || die "$1 is missing (Debian's package $2)"
    say "installing $2"
    apt-get update -qq >&2 || die "apt-get update failed"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null || die "$2 cannot be installed"
}

need systemd-nspawn systemd-container
need gcc gcc
[ "$(uname -m)" = x86_64 ] || die "the tree's wheels are for x86-64"

key=$(cat "$here/image.sh" <(printf '%s\n' "${requirements[@]}") | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/binarycop-systemd
tree=$cache/$key
if [ -d "$tree" ]; then
    echo "$tree"
    exit
fi

say "building the tree, once: $tree"
need mmdebstrap mmdebstrap
work=$cache/$key.$$
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"
mmdebstrap --quiet --variant=essential \
    --include=systemd,systemd-sysv,dbus,udev,python3,python3-systemd,libstdc++6 \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    bookworm "$work/root" >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; die "the tree cannot be built"; }
"$python" -m pip install --quiet --disable-pip-version-check --target "$work/root/opt/site" --python-version 3.11 \
    --only-binary=:all: "${requirements[@]}" || die "the daemon's requirements cannot be had as wheels"
rm -rf "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists"
PYTHONPATH=/opt/site chroot "$work/root" python3 -c 'import cv2, gpiozero, numpy, systemd.journal, yaml' ||
    die "Python in the tree does not import what the daemon needs"
mv "$work/root" "$tree"  # last: its presence says that it is whole
find "$cache" -mindepth 1 -maxdepth 1 -mtime +14 ! -path "$tree" -exec rm -rf {} + # of recipes that are past
echo "$tree"
