import socket

import pytest
from pytest_socket import SocketConnectBlockedError

DOCUMENTATION_ONLY = ("192.0.2.1", 80)


def test_nothing_outside_this_machine_is_reached() -> None:
    with socket.socket() as door, pytest.raises((SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"):
        door.connect(DOCUMENTATION_ONLY)


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
