#!/usr/bin/env bash
# Builds once what the virtual machine boots: Debian 12's kernel, an initial root file system with the modules for disk,
# camera and GPIO chip, and the Debian tree for the disk. Prints the folder of kernel, initrd and root.
#
#   image.sh PYTHON       PYTHON has pip
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
suite=test-boot
. "$here/../image_functions.sh"
. "$here/../kernel.sh"
python=$1

on_x86_64
need qemu-system-x86_64 qemu-system-x86
need mkfs.ext4 e2fsprogs
need gcc gcc

image_of "$here/image.sh" "$here/init" "$here/../kernel.sh" "$here/../board/Kbuild" "$here/../package/image.sh"
# The same tree as for test-package.
tree=$("$here/../package/image.sh" "$python") || die "there is no Debian tree"
need cpio cpio
need busybox busybox-static
need_kernel_tools
build_kernel "$here/../board/Kbuild"

whole=$work/whole first=$work/first
mkdir -p "$whole" "$first"/{bin,dev,proc,sys,root,modules}
cp "$work"/kernel/boot/vmlinuz-* "$whole/kernel"
cp "$(command -v busybox)" "$first/bin/busybox"
cp "$here/init" "$first/init"
copy_modules "$first/modules" virtio_pci virtio_blk crc32c_generic ext4 configfs vivid
(cd "$first" && find . | cpio -o -H newc --quiet) >"$whole/initrd"
cp -a "$tree" "$whole/root"
keep "$whole"
