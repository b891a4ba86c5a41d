"""The memory of a worker's children: shared with the main process as long as it can be, and bounded."""

import gc
import resource

MEGABYTE = 1_000_000


def share_with_children() -> None:
    """Call before children are forked: what is loaded now stays shared.

    Else the first collection in a child would write to every object, and so copy all of it.
    """
    gc.collect()
    gc.freeze()


def limit_this_child(megabytes: int) -> None:
    """Let this process have so much memory of its own; what asks for more gets a MemoryError, or ends the process.

    The limit is on what may be written (RLIMIT_DATA), whether it is used yet or not: libraries are not in it.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * MEGABYTE, megabytes * MEGABYTE))
