"""The digest is the one of hashlib, whichever module computes it."""

import hashlib

import pytest

from binarycop.bundle import sha256 as module
from binarycop.bundle.sha256 import sha256


@pytest.mark.parametrize("modules", [module._MODULES, ("hashlib",), ("no_such_module", "hashlib")])
def test_it_is_the_digest_of_hashlib(modules: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MODULES", modules)
    digest = sha256()
    for part in (b"a gate", b"", bytes(100_000)):
        digest.update(part)
    assert digest.hexdigest() == hashlib.sha256(b"a gate" + bytes(100_000)).hexdigest()


def test_a_python_without_any_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MODULES", ("no_such_module",))
    with pytest.raises(ImportError, match="this Python has no SHA-256"):
        sha256()
