"""The kind of a file by its first bytes: for the message about a file that is not what its name says."""

import re

BIT_HEADER = bytes.fromhex("0009 0ff00ff00ff00ff000 0001")
"""The start of a Xilinx .bit file: an unused field of 9 bytes, and the number 1."""
XML, TEXT = "an XML file", "a text"

HEAD_BYTES = 4096
"""How much of a file is read."""

_LFS = b"version https://git-lfs"
# No comment can match in two ways: otherwise the time would double with each comment.
_COMMENT = rb"<!--(?:[^-]|-(?!->))*-->"
_HTML = re.compile(rb"\s*(?:%b\s*)*<(!doctype html|html|head|body)\b" % _COMMENT, re.IGNORECASE)
# UTF-8 without control characters; the last character may be cut off.
_TEXT = re.compile(rb"(?:[\t\n\r\x20-\x7e]|[\xc2-\xf4][\x80-\xbf]{1,3})+(?:[\xc2-\xf4][\x80-\xbf]*)?")
_BOOT_IMAGE = slice(0x24, 0x28), b"XNLX"  # UG585, boot image header
_UNPACK = "unpack it first"
_SIGNATURES = (
    (b"PK\x03\x04", f"a ZIP archive, as .zip and .xsa are; {_UNPACK}"),
    (b"\x1f\x8b", f"compressed by gzip; {_UNPACK}"),
    (b"\xfd7zXZ\0", f"compressed by xz; {_UNPACK}"),
    (b"BZh", f"compressed by bzip2; {_UNPACK}"),
    (b"7z\xbc\xaf\x27\x1c", f"a 7-Zip archive; {_UNPACK}"),
    (b"xclbin2", "an .xclbin, for an Alveo card"),
    (b"\x7fELF", "a program (ELF)"),
    (BIT_HEADER, "a bitstream (.bit)"),
    (b"<?xml", XML),
)


def lost_kind(data: bytes) -> str:
    """A phrase for "it is …" if the file itself never arrived, and what to do. Empty if it may have."""
    head = data[:HEAD_BYTES]
    if not head:
        return "empty; copy it again"
    if head.startswith(_LFS):
        return "a pointer of Git LFS instead of the file; run git lfs pull where it was cloned"
    if _HTML.match(head):
        return "a web page (HTML), as a download that failed leaves it; download the file itself"
    if not head.strip(b"\0"):
        return "filled with zeros, as after a copy that was interrupted; copy it again"
    return ""


def file_kind(data: bytes) -> str:
    """As ``lost_kind``, also for every other kind of file that is known here. Empty for any other one."""
    head = data[:HEAD_BYTES]
    start = head.lstrip()
    kind = lost_kind(head) or next((kind for signature, kind in _SIGNATURES if start.startswith(signature)), "")
    if kind:
        return kind
    if head[_BOOT_IMAGE[0]] == _BOOT_IMAGE[1]:
        return "a boot image of bootgen (BOOT.BIN)"
    return TEXT if _TEXT.fullmatch(head) else ""
