"""The process's memory: one heap of the C library for all threads, and less work for Python's garbage collector."""

import ctypes
import gc

_M_ARENA_MAX = -8  # of mallopt, malloc.h of glibc


def use_one_arena() -> None:
    """Let the C library use one heap, not one for each thread: each heap keeps its freed memory. Call it first of all.

    The threads allocate little and take turns, so they hardly ever wait for each other.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 1)


def settle() -> None:
    """Return the memory that the start has freed, and exclude all present objects from later garbage collections.

    A collection of everything takes longer than a frame, and all threads wait for it.
    """
    gc.collect()
    gc.freeze()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
