"""The process's memory. Each test has a process of its own, since what it sets stays until the end."""

import subprocess
import sys

from tests.patience import PATIENCE_S

# The heap of a thread begins at a multiple of 64 MiB.
_COUNT_HEAPS = """
import re, threading
from binarycop.service import heap
{first}
have_allocated, may_end = threading.Barrier(5), threading.Event()
def allocate():
    kept = [bytes(2000) for _ in range(1000)]
    have_allocated.wait(300)
    may_end.wait(300)
threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads:
    thread.start()
have_allocated.wait(300)
begins = re.findall(r"^([0-9a-f]+)-[0-9a-f]+ rw-p 00000000 00:00 0 *$", open("/proc/self/maps").read(), re.M)
may_end.set()
print(sum(int(begin, 16) % (64 << 20) == 0 for begin in begins))
"""
_SETTLE = """
import gc
from binarycop.service import heap
def resident_kib():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))
freed = [bytearray(100_000) for _ in range(400)]
kept_at_the_end = bytearray(100_000)
del freed
before = resident_kib()
heap.settle()
print(before - resident_kib(), gc.get_freeze_count())
"""


def numbers(program: str) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    return [int(word) for word in done.stdout.split()]


def test_the_threads_share_one_heap() -> None:
    assert numbers(_COUNT_HEAPS.format(first="")) > [0]
    assert numbers(_COUNT_HEAPS.format(first="heap.use_one_arena()")) == [0]


def test_what_the_start_has_freed_is_given_back_and_the_rest_is_never_collected_again() -> None:
    given_back_kib, frozen = numbers(_SETTLE)
    assert given_back_kib > 30_000
    assert frozen > 1000
