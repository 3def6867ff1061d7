"""A server listens on loopback, and says why it does nothing else."""

from __future__ import annotations

import pytest

from lineal.errors import PermissionDenied
from lineal.server.settings import GRPC_PORT, HTTP_PORT, authority, default_ports, loopback


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("127.0.0.9", "127.0.0.9"),
    ],
)
def test_this_machine_may_be_named_in_several_ways(host, address):
    assert loopback(host) == address


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "", "127.0.0.1.evil.example"])
def test_any_other_address_is_refused_with_the_reason(host):
    with pytest.raises(PermissionDenied, match="may read and write the whole workspace"):
        loopback(host)


def test_without_a_port_both_doors_open_and_with_one_only_that():
    assert default_ports(None, None) == (GRPC_PORT, HTTP_PORT)
    assert default_ports(0, None) == (0, None)
    assert default_ports(None, 0) == (None, 0)


def test_an_ipv6_address_is_written_with_brackets():
    assert authority("::1", 80) == "[::1]:80"
    assert authority("127.0.0.1", 80) == "127.0.0.1:80"
