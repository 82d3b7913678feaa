"""The way to a host: which of its addresses answer, and what is told of those that do not."""

import socket
import threading
from collections.abc import Callable
from functools import partial

import pytest

from rescan.doctor.check import Checked, State, in_turn
from rescan.doctor.route import Route, route_checks
from rescan.kernel.deadline import Deadline
from tests.support.network import DROPPED, REFUSED, make_up

HOST = "anchore.internal"
Network = Callable[[dict[str, OSError | None]], None]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Addresses of the host, each with what becomes of a connection; None: it is made."""
    return partial(make_up, monkeypatch)


def way(port: int, seconds: float = 60) -> dict[str, Checked]:
    deadline = Deadline.after(seconds)
    route = Route.to(f"https://{HOST}:{port}/v2")
    return {it.name: it for it in in_turn(route_checks(route, deadline), deadline)}


def test_the_address_and_the_port_that_answer_are_told(network: Network) -> None:
    network({"10.0.1.5": None})
    told = way(8443)
    assert told["DNS"].detail == f"{HOST} is 10.0.1.5"
    assert told["TCP"].detail == "10.0.1.5:8443: answers"


def test_one_address_that_answers_is_enough_and_the_other_is_named(network: Network) -> None:
    network({"fd00::1": OSError(101, "Network is unreachable"), "10.0.1.5": None})
    told = way(443)["TCP"]
    assert told.state is State.OK
    assert told.detail == "[fd00::1]:443: Network is unreachable; 10.0.1.5:443: answers"


def test_a_closed_port_is_no_matter_of_routes(network: Network) -> None:
    network({"10.0.1.5": REFUSED, "10.0.2.5": REFUSED})
    told = way(443)["TCP"]
    assert (told.state, told.detail) == (
        State.FAILED,
        "no connection to 10.0.1.5:443: Connection refused; 10.0.2.5:443: Connection refused",
    )
    assert "The host is there" in told.advice


def test_packets_that_are_dropped_are_a_matter_of_routes(network: Network) -> None:
    network({"10.0.1.5": DROPPED, "10.0.2.5": REFUSED})
    told = way(443)["TCP"]
    assert told.detail.startswith("no connection to 10.0.1.5:443: no answer in 5 s; ")
    assert "security groups" in told.advice


def test_no_more_addresses_are_tried_than_zones_have(network: Network) -> None:
    network({f"10.0.{zone}.5": DROPPED for zone in range(9)})
    assert way(443)["TCP"].detail.count("no answer") == 4


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        let_go.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    told = way(443, seconds=0.2)
    let_go.set()
    assert told["DNS"].detail == f"{HOST} has no address: no answer in time"
    assert told["TCP"].state is State.UNKNOWN


def test_a_name_that_no_resolver_would_be_asked_for_is_named() -> None:
    deadline = Deadline.after(60)
    route = Route.to(f"https://{'a' * 64}.internal/v2")
    told = list(in_turn(route_checks(route, deadline), deadline))[1]
    assert (told.state, told.detail.endswith("has no address: it is no name")) == (
        State.FAILED,
        True,
    )
