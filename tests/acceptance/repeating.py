"""A caller that goes on while something happens to the stack."""

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def repeated(call: Callable[[int], object], *, every: float) -> Iterator[None]:
    """During the block, `call` gets 0, 1, 2 and so on, `every` so many seconds; what it raises, the block raises."""
    is_over = threading.Event()

    def go_on() -> None:
        for number in itertools.count():
            if is_over.wait(every):
                return
            call(number)

    with ThreadPoolExecutor(1) as pool:
        caller = pool.submit(go_on)
        try:
            yield
        finally:
            is_over.set()
    caller.result()
