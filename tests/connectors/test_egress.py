from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest

from connectors.egress import EgressPolicy, is_public
from connectors.faults import Effect, FaultKind, PlatformFault

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"]


class Lookup:
    """A name server that gives its answers in turn and counts the questions."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def refused(url: str, policy: EgressPolicy | None = None) -> str:
    with pytest.raises(PlatformFault) as caught:
        (policy or EgressPolicy()).check(url)
    fault = caught.value.fault
    assert (fault.kind, fault.effect) == (FaultKind.FORBIDDEN_ADDRESS, Effect.NONE)
    assert "POSTD_EGRESS_ALLOW" in fault.hint
    return fault.message


@pytest.mark.parametrize("text", PRIVATE)
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))
    assert not EgressPolicy().permits(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_addresses_that_are_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_an_address_in_the_link_itself_is_checked(text: str) -> None:
    host = f"[{text}]" if ":" in text else text
    assert refused(f"https://{host}/") == "The address belongs to a private or reserved network."


@pytest.mark.parametrize("text", PRIVATE)
async def test_one_private_answer_among_public_ones_refuses_the_name(text: str) -> None:
    policy = EgressPolicy(resolver=Lookup(["8.8.8.8", text]))
    with pytest.raises(PlatformFault) as caught:
        await policy.addresses("https", "pds.example", 443)
    assert caught.value.fault.kind is FaultKind.FORBIDDEN_ADDRESS
    assert text not in caught.value.fault.message


async def test_public_answers_pass_in_their_order_without_repeats() -> None:
    lookup = Lookup(["2606:4700::1111", "1.1.1.1", "1.1.1.1"])
    got = await EgressPolicy(resolver=lookup).addresses("https", "pds.example", 443)
    assert got == (ip_address("2606:4700::1111"), ip_address("1.1.1.1"))
    assert lookup.asked == [("pds.example", 443)]


async def test_a_literal_address_is_not_looked_up() -> None:
    lookup = Lookup([])
    assert await EgressPolicy(resolver=lookup).addresses("https", "1.1.1.1", 443) == (ip_address("1.1.1.1"),)
    assert lookup.asked == []


async def test_a_name_without_addresses_is_unreachable_not_forbidden() -> None:
    with pytest.raises(OSError, match="has no address"):
        await EgressPolicy(resolver=Lookup([])).addresses("https", "pds.example", 443)


async def test_an_answer_that_is_no_address_is_refused() -> None:
    with pytest.raises(PlatformFault):
        await EgressPolicy(resolver=Lookup(["not an address"])).addresses("https", "pds.example", 443)


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.1/",
        "https://127.0.1/",
        "https://1.1.1.1.1/",
        "https://256.1.1.1/",
        "https://example.0x7f/",
        "https://[::1%25lo]/",
        "https://[fe80::1%eth0]/",
        "https://[::1/",
        "https://[v1.fe]/",
        "https://",
        "https:///path",
        "https://:443/",
        "https://exa mple.org/",
        "https://example.org\\@127.0.0.1/",
        "https://example.org/\r\nX: y",
        "https://example.org\t/",
        "https://-bad.example/",
        "https://a..b/",
        "https://example.org:99999/",
        "https://example.org:abc/",
        "https://xn--a.example.org:1x/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//example.org/",
        "example.org",
        "",
    ],
)
def test_links_that_are_no_plain_web_address(url: str) -> None:
    assert refused(url) == "The address is not a valid web address."


@pytest.mark.parametrize(
    "url",
    [
        "https://\u2460\u2461\u2466.0.0.1/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://127\u30020\u30020\u30021/",
        "https://127.0.0.1./",
    ],
)
def test_digits_in_disguise_are_read_as_the_address_that_they_become(url: str) -> None:
    assert refused(url) == "The address belongs to a private or reserved network."


@pytest.mark.parametrize("url", ["https://user@example.org/", "https://user:pw@example.org/", "https://@example.org/"])
def test_user_information_is_refused(url: str) -> None:
    assert refused(url) == "The address contains a user name or a password."


def test_plain_http_is_refused() -> None:
    assert refused("http://example.org/") == "The address does not use https."


@pytest.mark.parametrize("port", [22, 25, 80, 6379, 8080])
def test_unusual_ports_are_refused(port: int) -> None:
    assert refused(f"https://example.org:{port}/") == f"The address uses port {port}; only 443 and 8443 are called."


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://Example.ORG", "https://example.org/"),
        ("https://example.org:443/a?b=1#c", "https://example.org/a?b=1"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://münchen.example/ä", "https://xn--mnchen-3ya.example/ä"),
        ("https://[2606:4700:0:0::1111]/x", "https://[2606:4700::1111]/x"),
        ("https://under_score.example/", "https://under_score.example/"),
    ],
)
def test_the_canonical_form(url: str, canonical: str) -> None:
    assert EgressPolicy().check(url).url == canonical


def test_the_origin_names_the_other_side() -> None:
    assert EgressPolicy().check("https://Example.org:443/a").origin == "https://example.org"
    assert EgressPolicy().check("https://[2606:4700::1111]:8443/").origin == "https://[2606:4700::1111]:8443"


class TestAllowedNetworks:
    policy = EgressPolicy(allow=(ip_network("10.1.0.0/16"), ip_network("fd00::/8")))

    @pytest.mark.parametrize("url", ["http://10.1.2.3:9000/", "https://10.1.2.3:5000/", "http://[fd00::1]/"])
    def test_any_port_and_plain_http_inside(self, url: str) -> None:
        assert self.policy.check(url).url == url

    @pytest.mark.parametrize("url", ["http://10.2.0.1/", "https://10.2.0.1/", "http://8.8.8.8/", "https://8.8.8.8:99/"])
    def test_the_usual_rules_outside(self, url: str) -> None:
        refused(url, self.policy)

    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_a_name_that_resolves_inside_passes(self, scheme: str) -> None:
        policy = EgressPolicy(allow=self.policy.allow, resolver=Lookup(["10.1.0.9", "::ffff:10.1.0.8"]))
        assert policy.check(f"{scheme}://pds.internal:3000/").host == "pds.internal"
        got = await policy.addresses(scheme, "pds.internal", 3000)
        assert got == (ip_address("10.1.0.9"), ip_address("::ffff:10.1.0.8"))

    @pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 3000)])
    async def test_a_name_that_also_resolves_outside_needs_https_on_a_usual_port(self, scheme: str, port: int) -> None:
        policy = EgressPolicy(allow=self.policy.allow, resolver=Lookup(["10.1.0.9", "8.8.8.8"]))
        with pytest.raises(PlatformFault):
            await policy.addresses(scheme, "pds.internal", port)

    async def test_another_private_network_stays_refused(self) -> None:
        policy = EgressPolicy(allow=self.policy.allow, resolver=Lookup(["10.1.0.9", "10.2.0.9"]))
        with pytest.raises(PlatformFault):
            await policy.addresses("https", "pds.internal", 443)

    @pytest.mark.parametrize("host", ["localhost", "pds.localhost"])
    async def test_this_machine_is_called_at_its_allowed_address(self, host: str) -> None:
        policy = EgressPolicy(allow=(ip_network("127.0.0.0/8"),), resolver=Lookup(["::1", "127.0.0.1"]))
        assert await policy.addresses("http", host, 2583) == (ip_address("127.0.0.1"),)

    @pytest.mark.parametrize("host", ["localhost.example", "pds.internal"])
    async def test_another_name_of_both_loopback_addresses_needs_both_allowed(self, host: str) -> None:
        policy = EgressPolicy(allow=(ip_network("127.0.0.0/8"),), resolver=Lookup(["::1", "127.0.0.1"]))
        with pytest.raises(PlatformFault):
            await policy.addresses("http", host, 2583)

    async def test_this_machine_stays_refused_where_nothing_of_it_is_allowed(self) -> None:
        policy = EgressPolicy(allow=self.policy.allow, resolver=Lookup(["::1", "127.0.0.1"]))
        with pytest.raises(PlatformFault):
            await policy.addresses("https", "localhost", 443)
