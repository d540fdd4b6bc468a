"""The arrays of a bundle, from .npz files that may be anything.

A file of 3 MB can hold arrays of 3 GB. So only arrays that are named are read, only if the array's own header has the
type and shape that are expected, and never more bytes than these have. Other arrays in the file are refused.
"""

import io
import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from binarycop import regular_file
from binarycop.bundle.digest import REMEDY
from binarycop.errors import BundleError
from binarycop.file_kind import lost_kind

MAX_FILE_BYTES = 8 << 20  # CNV's weights have 0.2 MB, 1024 golden vectors 3 MB
_MAX_DIRECTORY_BYTES = 16 * 1024  # zipfile makes an object of each entry
_END, _END_SIZE = b"PK\x05\x06", 22
_ZIP64_END, _ZIP64_END_SIZE = b"PK\x06\x07", 20
_MAGIC = b"\x93NUMPY\x01\x00"
_MAX_HEADER = 1024
_HEADER = re.compile(r"\{'descr': '([^']{1,8})', 'fortran_order': (False|True), 'shape': \(([0-9, ]{1,48})\), \} *\n")


@dataclass(frozen=True)
class Expected:
    """What an array must be. shape: a pair of limits stands for a size that may differ."""

    shape: tuple[int | tuple[int, int], ...]
    dtype: type[np.generic]

    def __str__(self) -> str:
        sizes = [f"{size[0]} to {size[1]}" if isinstance(size, tuple) else str(size) for size in self.shape]
        return f"{np.dtype(self.dtype)} ({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def read(folder: Path, name: str, expected: Mapping[str, Expected]) -> dict[str, NDArray[Any]]:
    """The expected arrays of one file, each by its name. Raises BundleError if there is anything else in the file."""
    try:
        data = regular_file.read(folder / name, MAX_FILE_BYTES)
        if kind := lost_kind(data):
            raise BundleError(folder, f"{name} cannot be read: it is {kind}")
        _check_directory(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if len(members) != len(archive.infolist()):
                raise ValueError("an array is in it twice")
            for key in expected:
                if f"{key}.npy" not in members:
                    raise BundleError(folder, f"there is no array {key} in {name}")
            if unknown := sorted(set(members) - {f"{key}.npy" for key in expected}):
                raise BundleError(folder, f"{name} also has {ascii(unknown[0])[:40]}; it may have only its own arrays")
            return {key: _array(archive, members[f"{key}.npy"], folder, key, array) for key, array in expected.items()}
    except BundleError:
        raise
    except OSError as error:
        raise BundleError(folder, f"{name} cannot be read: {error}") from error
    except Exception as error:  # a damaged file raises many kinds, from zipfile, zlib and struct
        raise BundleError(folder, f"{name} cannot be read: {error}; {REMEDY}") from error


def _check_directory(data: bytes) -> None:
    """The directory of the archive must be small, and at the end, where numpy writes it."""
    end = data[-_END_SIZE:]
    if len(end) < _END_SIZE or end[:4] != _END or end[-2:] != b"\0\0":
        raise ValueError("it is not an archive of numpy: it does not end with a directory")
    if data[-_END_SIZE - _ZIP64_END_SIZE :][:4] == _ZIP64_END:
        raise ValueError("it is an archive for more than 4 GB")
    (size,) = struct.unpack_from("<I", end, 12)
    if size > _MAX_DIRECTORY_BYTES:
        raise ValueError(f"its directory has {size} bytes, more than {_MAX_DIRECTORY_BYTES}")


def _array(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, key: str, expected: Expected
) -> NDArray[Any]:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"array {key} is compressed in a way that numpy does not use")
    with archive.open(member) as file:
        start = file.read(len(_MAGIC) + 2)
        if start[: len(_MAGIC)] != _MAGIC or len(start) != len(_MAGIC) + 2:
            raise ValueError(f"array {key} does not begin like an array of numpy")
        (size,) = struct.unpack("<H", start[len(_MAGIC) :])
        match = _HEADER.fullmatch(file.read(size).decode("latin-1")) if size <= _MAX_HEADER else None
        if match is None:
            raise ValueError(f"array {key} has a header that numpy does not write for an array of numbers")
        shape = tuple(int(text) for text in match[3].replace(",", " ").split())
        _check_header(folder, key, match[1], shape, expected)
        wanted = int(np.prod(shape, dtype=np.int64)) * np.dtype(expected.dtype).itemsize
        content = file.read(wanted)
        # The last read also makes zipfile compare the checksum.
        if len(content) != wanted or file.read(1):
            raise ValueError(f"array {key} does not have the {wanted} bytes of its shape")
    order: Any = "F" if match[2] == "True" else "C"
    return np.frombuffer(bytearray(content), expected.dtype).reshape(shape, order=order)


def _check_header(folder: Path, key: str, descr: str, shape: tuple[int, ...], expected: Expected) -> None:
    fits = len(shape) == len(expected.shape) and all(
        limit[0] <= size <= limit[1] if isinstance(limit, tuple) else size == limit
        for size, limit in zip(shape, expected.shape)
    )
    if descr != np.dtype(expected.dtype).str or not fits:
        raise BundleError(folder, f"array {key} is {_type_name(descr)} {shape}, not {expected}")


def _type_name(descr: str) -> str:
    kinds: tuple[type[np.generic], ...] = (np.uint8, np.int32, np.int64, np.float32, np.float64)
    return next((kind.__name__ for kind in kinds if np.dtype(kind).str == descr), ascii(descr))
