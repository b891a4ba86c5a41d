"""The memory of a worker's children: shared with the main process as long as it can be, and bounded."""

import ctypes
import gc
import resource
from contextlib import suppress

from billiard.util import get_pdeathsig

MEGABYTE = 1_000_000
# How much freed memory glibc keeps. This is its default; setting it keeps glibc from raising it whenever a large piece
# is freed, so that a child does not keep the memory that its largest page took.
KEPT_BYTES = 128 * 1024
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def share_with_children() -> None:
    """Call before children are forked: what is loaded now stays shared.

    Else the first collection in a child would write to every object, and so copy all of it.
    """
    with suppress(OSError):  # another system than Linux
        get_pdeathsig()  # loads a parser of C declarations, as each child would to ask for a signal at our death
    gc.collect()
    gc.freeze()


def limit_this_child(megabytes: int) -> None:
    """Let this process have so much memory of its own; what asks for more gets a MemoryError, or ends the process.

    The limit is on what may be written (RLIMIT_DATA), whether it is used yet or not: libraries are not in it.
    """
    with suppress(AttributeError):  # another C library than glibc
        for threshold in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
            ctypes.CDLL(None).mallopt(threshold, KEPT_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * MEGABYTE, megabytes * MEGABYTE))
