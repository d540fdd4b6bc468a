#!/usr/bin/env bash
# Builds once a Debian 12 tree for the board's processor (armhf), with its Python, numpy and OpenCV. qemu-user runs its
# programs; root registers it with this machine's kernel. Prints the tree's folder.
#
#   image.sh PYTHON       not used: everything is Debian's
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
suite=test-armhf
. "$here/../image_functions.sh"

as_root "mmdebstrap, systemd-nspawn, binfmt_misc"
need systemd-nspawn systemd-container
need qemu-arm-static qemu-user-static
need arch-test arch-test
need arm-linux-gnueabihf-gcc gcc-arm-linux-gnueabihf # for the fake camera of the tests

# As the package qemu-user-static does. With F the kernel opens qemu now, so that the trees need no copy of it.
binfmt=/proc/sys/fs/binfmt_misc
[ -e $binfmt/register ] || mount -t binfmt_misc binfmt_misc $binfmt || die "this kernel has no binfmt_misc"
magic='\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x28\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\x00\xff\xfe\xff\xff\xff'
[ -e $binfmt/qemu-arm ] || printf '%s' ":qemu-arm:M:0:$magic:$mask:$(command -v qemu-arm-static):F" >$binfmt/register

image_of "$here/image.sh"
root=$work/root
# Only the release: not every mirror has its updates for this processor, and this tree has no users.
release='echo "deb http://deb.debian.org/debian bookworm main" >"$1/etc/apt/sources.list"; rm -f "$1"/etc/apt/sources.list.d/*'
debian "$root" \
    systemd,udev,init-system-helpers,python3,python3-numpy,python3-yaml,python3-systemd,python3-pytest,python3-hypothesis,python3-setuptools \
    --arch=armhf --variant=apt --setup-hook="$release" --aptopt='APT::Sandbox::User "root"'

# OpenCV's package needs 300 others, most of a desktop: they are unpacked but not set up, which would take an hour.
apt=(apt-get -o "Dir=$root" -o "Dir::State::status=$root/var/lib/dpkg/status" -o APT::Architecture=armhf
    -o APT::Architectures=armhf -o APT::Sandbox::User=root)
"${apt[@]}" update -qq >>"$work/log" 2>&1 || { tail -5 "$work/log" >&2; die "armhf's package lists cannot be downloaded"; }
mapfile -t names < <("${apt[@]}" install -s --no-install-recommends python3-opencv | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
[ ${#names[@]} -gt 0 ] || die "Debian's python3-opencv is not available"
mkdir "$work/debs"
(cd "$work/debs" && "${apt[@]}" download -qq "${names[@]}") >>"$work/log" 2>&1 || die "OpenCV's packages cannot be downloaded"
for deb in "$work"/debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink --exclude='./usr/share/doc/*' \
        --exclude='./usr/share/icons/*' --exclude='./usr/share/locale/*' --exclude='./usr/share/man/*'
done
rm -rf "$root/var/cache/apt" "$root/var/lib/apt/lists"
chroot "$root" python3 -c 'import cv2, numpy, systemd.journal, yaml' || die "Python in the tree does not import what the daemon needs"
keep "$root"
