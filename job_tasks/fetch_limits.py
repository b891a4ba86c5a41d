"""The limits of a fetch as they are set."""

from job_tasks.settings import Settings
from page_fetch.limits import FetchLimits


def fetch_limits(settings: Settings) -> FetchLimits:
    """What one fetch may cost and where it may go, by `settings`."""
    return FetchLimits(
        connect_timeout_seconds=settings.fetch_connect_timeout_seconds,
        read_timeout_seconds=settings.fetch_read_timeout_seconds,
        total_timeout_seconds=settings.fetch_total_timeout_seconds,
        max_wire_bytes=settings.fetch_max_wire_bytes,
        max_decoded_bytes=settings.fetch_max_decoded_bytes,
        max_redirects=settings.fetch_max_redirects,
        allowed_ports=settings.fetch_allowed_ports,
        allowed_private_networks=settings.fetch_allowed_private_networks,
        user_agent=settings.fetch_user_agent,
    )
