"""The door through which `requests` reaches the web: guarded addresses, bounded sockets, no proxies, no redirects."""

from collections.abc import Mapping

import requests
from requests.adapters import HTTPAdapter

from page_fetch.connection import BoundedConnection, open_connection
from page_fetch.deadline import Deadline
from page_fetch.failures import translated_failures
from page_fetch.guard import vetted_addresses
from page_fetch.limits import FetchLimits
from page_fetch.name_lookup import Resolver
from page_fetch.url import MAX_ENCODED_LENGTH, parse_url


def guarded_session(limits: FetchLimits, deadline: Deadline, resolver: Resolver) -> requests.Session:
    """A session whose every request passes the address guard and ends by `deadline`.

    Send with `stream=True`, read the body within bounds, and close the session, which closes its connections.
    """
    session = _Session()
    session.trust_env = False  # neither proxies nor .netrc
    session.headers.clear()
    session.headers.update({"User-Agent": limits.user_agent, "Accept-Encoding": "gzip", "Connection": "close"})
    session.adapters.clear()
    adapter = _GuardedAdapter(limits, deadline, resolver)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - requests' signature
        """None: callers follow redirects; requests would read the body of one, of any size, even if told not to."""
        return None


class _GuardedAdapter(HTTPAdapter):
    """Sends each request over a new connection, to an address that the guard vetted for it."""

    def __init__(self, limits: FetchLimits, deadline: Deadline, resolver: Resolver) -> None:
        super().__init__()
        self._limits = limits
        self._deadline = deadline
        self._resolver = resolver
        self._connection: BoundedConnection | None = None

    def send(  # noqa: PLR0913, PLR0917 - requests' signature
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - requests' signature
        timeout: object = None,  # noqa: ARG002 - the limits hold instead
        verify: object = True,  # noqa: ARG002, FBT002 - certificates are always verified
        cert: object = None,  # noqa: ARG002 - none is ever sent
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - none is ever used
    ) -> requests.Response:
        """The response, its body unread. Raises the errors of the guard and of `translated_failures`, and no other."""
        url = parse_url(request.url or "", max_length=MAX_ENCODED_LENGTH)
        addresses = vetted_addresses(url, self._limits, self._deadline, self._resolver)
        self.close()
        with translated_failures():
            self._connection = connection = open_connection(url, addresses, self._limits, self._deadline)
            connection.request(
                request.method or "GET",
                url.target,
                body=request.body,
                headers=request.headers,
                preload_content=False,
                decode_content=False,
            )
            return self.build_response(request, connection.getresponse())

    def close(self) -> None:
        if self._connection is not None:
            self._connection.bounds.hang_up()
            self._connection = None
