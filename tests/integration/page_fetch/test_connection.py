import socket
from ipaddress import ip_address

import pytest

from page_fetch.errors import AddressRefused, ConnectionFailed
from page_fetch.transport import check_ends


def test_a_peer_at_the_vetted_address_passes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        check_ends(client, ip_address("127.0.0.1"))


def test_a_peer_elsewhere_is_refused_without_naming_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        with pytest.raises(AddressRefused) as refused:
            check_ends(client, ip_address("93.184.216.34"))
        assert str(refused.value) == "The connection led elsewhere than to the address that was checked."


def test_a_port_connected_to_itself_is_no_connection() -> None:
    with socket.socket() as itself:
        itself.bind(("127.0.0.1", 0))
        itself.connect(itself.getsockname())
        with pytest.raises(ConnectionFailed):
            check_ends(itself, ip_address("127.0.0.1"))
