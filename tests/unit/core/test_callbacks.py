"""
Addresses that the node may call: no rubbish, no credentials, nothing that only this machine may ask.
"""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from gateway.core.callbacks import LONGEST_URL, Reach, host_of, mail_objection

EVERYWHERE = Reach(allow_http=True, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://qlvb.caobang.gov.vn/truc",
        "https://qlvb.caobang.gov.vn:8443/truc?don-vi=31",
        "https://10.1.2.3/truc",
        "https://[2001:db8:1::5]/truc",
        "http://localhost:8080/truc",
        "http://127.0.0.1:8080/truc",
        "http://[::1]:8080/truc",
    ],
)
def test_address_of_an_agency_is_taken(url: str) -> None:
    assert Reach().objection(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "",
        "qlvb.caobang.gov.vn",
        "ftp://qlvb.caobang.gov.vn/",
        "file:///etc/passwd",
        "https://",
        "https:///truc",
        "https://ten:matkhau@qlvb.caobang.gov.vn/",
        "https://qlvb.caobang.gov.vn@evil.example/",
        "https://qlvb.caobang.gov.vn/#mục",
        "https://qlvb.caobang.gov.vn/#",
        "https://qlvb.caobang.gov.vn/tệp",
        "https://qlvb.caobang.gov.vn/ truc",
        "https://qlvb.caobang.gov.vn\r\nHost: khac/",
        "https://qlvb.caobang.gov.vn\\@evil.example/",
        "https://qlvb.caobang.gov.vn:99999/",
        "https://qlvb.caobang.gov.vn:0/",
        "https://qlvb.caobang.gov.vn:cổng/",
        "https://[::1/",
        "https://[rác]/",
        "\x00",
        "https://qlvb.caobang.gov.vn/" + "a" * LONGEST_URL,
    ],
)
def test_rubbish_and_credentials_in_an_address_are_refused(url: str) -> None:
    assert EVERYWHERE.objection(url) != ""


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest/meta-data/",
        "https://[fe80::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:a9fe:a9fe::1]/",
        "https://[fd00:ec2::254]/",
        "https://100.100.100.200/",
        "https://192.0.0.192/",
        "https://0.0.0.0/",
        "https://[::]/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
    ],
)
def test_what_only_the_machine_itself_may_ask_is_never_called(url: str) -> None:
    assert EVERYWHERE.objection(url) != ""


@pytest.mark.parametrize("url", ["http://qlvb.caobang.gov.vn/", "http://10.1.2.3/", "http://1.1.1.1/"])
def test_unencrypted_address_beyond_this_machine_needs_the_setting(url: str) -> None:
    assert Reach().objection(url) != ""
    assert Reach(allow_http=True).objection(url) == ""


@pytest.mark.parametrize("number", ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12::1"])
def test_private_networks_can_be_closed(number: str) -> None:
    assert Reach().permits("https", ip_address(number))
    assert not Reach(allow_private=False).permits("https", ip_address(number))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:15672/", "https://[::1]/", "http://localhost:8710/v1", "https://LOCALHOST./"]
)
def test_this_machine_can_be_closed_as_well(url: str) -> None:
    """Its other programs trust whoever comes from here: a broker's console, a database, the node itself."""
    assert Reach().objection(url) == ""
    assert Reach(allow_loopback=False).objection(url) != ""


def test_number_that_a_name_means_is_judged_like_one_that_was_written() -> None:
    assert not Reach().permits("http", ip_address("10.1.2.3"))
    assert Reach().permits("http", ip_address("127.0.0.1"))
    assert not Reach(allow_loopback=False).permits("https", ip_address("127.0.0.1"))
    assert not EVERYWHERE.permits("https", ip_address("169.254.169.254"))
    assert Reach(allow_private=False).permits("https", ip_address("1.1.1.1"))


def test_host_is_named_with_its_port() -> None:
    assert host_of("https://QLVB.caobang.gov.vn:8443/truc") == "qlvb.caobang.gov.vn:8443"


@pytest.mark.parametrize("address", ["vanthu@caobang.gov.vn", "van.thu+truc@xa-truongha.caobang.gov.vn"])
def test_mail_address_is_taken(address: str) -> None:
    assert mail_objection(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "",
        "vanthu",
        "@caobang.gov.vn",
        "vanthu@",
        "văn.thư@caobang.gov.vn",
        "vanthu@caobang.gov.vn\r\nBcc: khac@evil.example",
        "vanthu@caobang.gov.vn, khac@evil.example",
        "Văn thư <vanthu@caobang.gov.vn>",
        "van thu@caobang.gov.vn",
        "a" * 250 + "@b.vn",
    ],
)
def test_rubbish_as_mail_address_is_refused(address: str) -> None:
    assert mail_objection(address) != ""
