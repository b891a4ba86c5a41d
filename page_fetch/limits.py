"""What one fetch may cost and where it may go."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from time import monotonic

from page_fetch.errors import FetchTimedOut


@dataclass(frozen=True, kw_only=True)
class FetchLimits:
    """The bounds of one fetch; the total time holds for all of it, redirects and name look-ups included.

    `max_wire_bytes` counts a body as it arrives, `max_decoded_bytes` after decompression. Beyond its first megabyte a
    body may decompress to no more than `max_compression_ratio` times what arrived. `max_header_bytes` holds for the
    status line and headers of one response. `allowed_private_networks` are reachable although they are not public, and
    on any port; elsewhere only `allowed_ports` are. `practice_site` is the host and port to which plain HTTP for
    `practice.test` and the names below it leads, wherever that is: no other URL leads there.
    """

    connect_timeout_seconds: float = 5
    read_timeout_seconds: float = 10
    total_timeout_seconds: float = 30
    max_wire_bytes: int = 5_000_000
    max_decoded_bytes: int = 10_000_000
    max_compression_ratio: int = 200
    max_header_bytes: int = 65_536
    max_redirects: int = 5
    allowed_ports: tuple[int, ...] = (80, 443)
    allowed_private_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    practice_site: tuple[str, int] | None = None
    user_agent: str = "wordcount-stack/0.1 (counts the words of pages on request)"


class Deadline:
    """A moment on the monotonic clock, `seconds` from now, that no slow peer can move."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, always more than 0; raises FetchTimedOut once there are none."""
        left = self._end - monotonic()
        if left <= 0:
            raise FetchTimedOut(f"The page could not be fetched within {self._seconds:g} seconds.")
        return left

    def put_off(self, seconds: float) -> None:
        """Move it by the time in which nobody waited for the peer."""
        self._end += seconds

    def at_most(self, seconds: float) -> float:
        """`seconds`, or what is left if that is less."""
        return min(seconds, self.remaining())
