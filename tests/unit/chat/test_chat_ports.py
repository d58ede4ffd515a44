"""Which ports count as taken."""

import socket
from collections.abc import Iterator

import pytest

from chat.options import Port
from chat.ports import busy_ports
from tests.ports import free_ports


def port(number: int) -> Port:
    return Port(number=number, part="a part", flag="--flag")


@pytest.fixture(params=["127.0.0.1", "0.0.0.0", "::1"])
def held(request: pytest.FixtureRequest) -> Iterator[int]:
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(family) as server:
        try:
            server.bind((request.param, 0))
        except OSError:
            pytest.skip(f"this machine has no {request.param}")
        server.listen()
        yield server.getsockname()[1]


def test_a_port_that_another_program_listens_on_is_busy(held: int) -> None:
    (other,) = free_ports(1)

    assert busy_ports([port(other), port(held)]) == (port(held),)


def test_a_port_whose_last_connection_lingers_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", number)):
            answered, _ = server.accept()
            answered.close()  # this side closes first, and so keeps the port in TIME_WAIT

    assert busy_ports([port(number)]) == ()
