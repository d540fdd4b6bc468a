"""What the daemon keeps in memory: it imports nothing that only other commands, or simulated boards, need."""

import subprocess
import sys

from tests.patience import PATIENCE_S

# numpy.random and OpenSSL, for hashes, are 7 MB; the others are what simulated boards and drawn people need. Some
# versions of numpy, such as the board's 1.21, import the first two themselves.
_UNNEEDED = ("numpy.random", "_hashlib", "binarycop.accelerator.simulated", "xml.etree.ElementTree")
_PROGRAM = f"""
import sys
import cv2, numpy
unavoidable = set(sys.modules)
from binarycop.service import daemon
from binarycop.service.backends import open_bundle
from binarycop.settings.classifier import Backend, ClassifierSettings
open_bundle(ClassifierSettings(backend=Backend.EMULATOR))[1].close()
print([name for name in {_UNNEEDED} if name in sys.modules and name not in unavoidable])
"""


def test_a_daemon_that_is_started_and_checked_has_nothing_in_memory_that_it_does_not_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    assert done.stdout.strip() == "[]"
