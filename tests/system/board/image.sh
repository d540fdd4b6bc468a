#!/usr/bin/env bash
# Builds once what the virtual board boots: Debian 12's own kernel, its virtual camera vivid and gpio-sim as
# modules, and a root file system with Python and what the daemon needs from outside. Prints the folder that holds kernel,
# root.cpio.
#
#   image.sh PYTHON REQUIREMENT...      PYTHON has pip; REQUIREMENTs go into the image as wheels
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
suite=test-board
. "$here/../image_functions.sh"
. "$here/../kernel.sh"
python=$1
shift
requirements=("$@")

on_x86_64
need qemu-system-x86_64 qemu-system-x86
need cpio cpio
need gcc gcc
[ -e "$(gcc -print-file-name=libc.a)" ] || die "libc.a is missing: apt install libc6-dev"

image_of "$here/image.sh" "$here/../kernel.sh" "$here/Kbuild" <(printf '%s\n' "${requirements[@]}")
need_kernel_tools
build_kernel "$here/Kbuild"

# The root file system: Debian's Python, and the daemon's requirements as wheels (Debian's OpenCV needs 400 MB of desktop).
root=$work/root
debian "$root" python3,libstdc++6,busybox-static --variant=essential --dpkgopt='path-exclude=/usr/share/zoneinfo/*'
wheels "$python" "$root/opt/site" "${requirements[@]}"
find "$root/opt/site" -type d -name tests -prune -exec rm -rf {} +
rm -rf "$root"/usr/share/perl* "$root"/usr/lib/x86_64-linux-gnu/{perl,perl-base,gconv} "$root"/var/cache/* "$root/dev"
mkdir -p "$root/dev" "$root/opt/modules"
PYTHONPATH=/opt/site chroot "$root" python3 -c 'import cv2, gpiozero, numpy, yaml' ||
    die "Python in the image does not import what the daemon needs"
copy_modules "$root/opt/modules" configfs vivid

mkdir "$work/whole"
(cd "$root" && find . | cpio -o -H newc --quiet) >"$work/whole/root.cpio"
cp "$work"/kernel/boot/vmlinuz-* "$work/whole/kernel"
keep "$work/whole"
