"""What goes wrong on a connection, in the project's errors."""

import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from urllib3.exceptions import HTTPError, InvalidChunkLength, ProtocolError, SSLError

from page_fetch.errors import CertificateRefused, ConnectionFailed, FetchTimedOut, InvalidResponse


@contextmanager
def translated_failures() -> Iterator[None]:
    """Raises the errors of sockets, TLS and HTTP as those of page_fetch.errors.

    CertificateRefused and InvalidResponse will come again; ConnectionFailed and FetchTimedOut may not.
    """
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise CertificateRefused(f"The site's certificate is not valid: {error.verify_message}.") from error
    except (ssl.SSLError, SSLError) as error:
        raise ConnectionFailed("No secure connection to the site could be made.") from error
    except TimeoutError as error:
        raise FetchTimedOut("The site could not be connected to in time.") from error
    except (OSError, ProtocolError) as error:
        if isinstance(error.__cause__, InvalidChunkLength):
            raise _malformed() from error
        raise ConnectionFailed("The connection to the site failed or broke off.") from error
    except (http.client.HTTPException, HTTPError, ValueError) as error:
        raise _malformed() from error


def _malformed() -> InvalidResponse:
    return InvalidResponse("The site's answer is not valid HTTP.")
