"""How long to try a request again that the manager could not answer."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

PATIENCE_SECONDS = 60.0
_FIRST_SECONDS = 0.5
_LONGEST_SECONDS = 5.0


@dataclass(kw_only=True)
class Patience:
    """For one request: up to a minute from its first failure, in steps that grow, with jitter."""

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    _deadline: float | None = field(default=None, init=False)
    _tries: int = field(default=0, init=False)

    @property
    def is_new(self) -> bool:
        """Whether nothing has failed yet."""
        return self._tries == 0

    def wait(self, retry_after: float | None) -> bool:
        """Wait as long as the manager asked, or a step; False, at once, if the patience does not last that long."""
        if self._deadline is None:
            self._deadline = self.now() + PATIENCE_SECONDS
        step = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2**self._tries) * random.uniform(0.5, 1)  # noqa: S311 - no secret
        self._tries += 1
        seconds = step if retry_after is None else max(retry_after, _FIRST_SECONDS)
        if self.now() + seconds > self._deadline:
            return False
        self.sleep(seconds)
        return True
