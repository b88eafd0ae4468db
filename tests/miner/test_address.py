"""What a miner advertises: an address that others can reach, or none."""

import pytest

from cgp.config import AxonSettings
from miner import address
from miner.address import advertised_ip, bind
from miner.startup import StartupError


def test_the_embedded_chain_lives_on_one_machine():
    assert advertised_ip(AxonSettings(), is_local_chain=True) == "127.0.0.1"


@pytest.mark.parametrize("ip", ["8.8.4.4", "2001:4860:4860::8844"])
def test_the_configured_address_is_advertised(ip):
    assert advertised_ip(AxonSettings(external_ip=ip), is_local_chain=False) == ip
    assert advertised_ip(AxonSettings(external_ip=ip), is_local_chain=True) == ip


def test_a_public_address_that_is_bound_is_advertised():
    assert advertised_ip(AxonSettings(host="8.8.4.4"), is_local_chain=False) == "8.8.4.4"


def test_a_name_is_no_address():
    with pytest.raises(StartupError, match="not an IPv4 or IPv6 address"):
        advertised_ip(AxonSettings(external_ip="example.org"), is_local_chain=False)


@pytest.mark.parametrize("outbound", ["10.0.0.7", "192.168.1.2", "100.64.0.1", None])
def test_behind_a_router_the_operator_has_to_say(monkeypatch, outbound):
    monkeypatch.setattr(address, "_outbound_ip", lambda: outbound)
    with pytest.raises(StartupError, match=r"--axon\.external_ip"):
        advertised_ip(AxonSettings(), is_local_chain=False)


def test_a_machine_on_the_internet_knows_its_address(monkeypatch):
    monkeypatch.setattr(address, "_outbound_ip", lambda: "8.8.4.4")
    assert advertised_ip(AxonSettings(), is_local_chain=False) == "8.8.4.4"


def test_asking_for_the_outbound_address_needs_no_network():
    outbound = address._outbound_ip()
    assert outbound is None or outbound.count(".") == 3


def test_port_zero_is_any_free_port():
    with bind(AxonSettings(host="127.0.0.1", port=0)) as one:
        assert one.getsockname()[1] > 0


def test_an_address_of_another_machine_cannot_be_bound():
    with pytest.raises(StartupError, match=r"cannot listen on 192\.0\.2\.1"):
        bind(AxonSettings(host="192.0.2.1", port=0))
