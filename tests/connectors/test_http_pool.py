from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.egress import EgressPolicy
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.http_pool import HttpPool
from connectors.secret import Secret
from connectors.transport import Transport
from tests.connectors.loopback import LOOPBACK, always, answer, routes, serve

NAME = "pds.example"


class Lookup:
    """A name server that gives its answers in turn, and counts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, _: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for `NAME`, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    start = datetime.now(UTC) - timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


def server_side(certificate: Path, names: list[str | None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _, name, __: names.append(name)
    return context


async def test_the_socket_goes_to_the_checked_address_under_the_name_of_the_host(certificate: Path) -> None:
    names: list[str | None] = []
    lookup = Lookup(["127.0.0.1"])
    trust = ssl.create_default_context(cafile=certificate)
    policy = EgressPolicy(allow=LOOPBACK.allow, resolver=lookup)
    async with serve(always(), server_side(certificate, names)) as server, HttpPool(egress=policy, tls=trust) as pool:
        got = await Transport(pool).send("GET", f"https://{NAME}:{server.port}/x")
    assert got.status == 200
    assert names == [NAME]
    assert server.received[0].headers["host"] == f"{NAME}:{server.port}"
    assert lookup.asked == [NAME]


async def test_a_certificate_of_another_name_is_refused_before_anything_is_sent(certificate: Path) -> None:
    trust = ssl.create_default_context(cafile=certificate)
    policy = EgressPolicy(allow=LOOPBACK.allow, resolver=Lookup(["127.0.0.1"]))
    async with serve(always(), server_side(certificate, [])) as server, HttpPool(egress=policy, tls=trust) as pool:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("POST", f"https://other.example:{server.port}/", effect=True)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.UNREACHABLE, Effect.NONE)
    assert server.received == []


async def test_an_unknown_issuer_is_refused(certificate: Path) -> None:
    policy = EgressPolicy(allow=LOOPBACK.allow, resolver=Lookup(["127.0.0.1"]))
    async with serve(always(), server_side(certificate, [])) as server, HttpPool(egress=policy) as pool:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("GET", f"https://{NAME}:{server.port}/")
    assert caught.value.fault.kind is FaultKind.UNREACHABLE
    assert server.received == []


async def test_a_name_that_changes_its_address_gains_nothing() -> None:
    lookup = Lookup(["127.0.0.1"], ["10.0.0.1"])
    policy = EgressPolicy(allow=LOOPBACK.allow, resolver=lookup)
    async with serve(always(200, b"{}", Connection="close")) as server, HttpPool(egress=policy) as pool:
        url = f"http://{NAME}:{server.port}/"
        assert (await Transport(pool).send("GET", url)).status == 200
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("GET", url)
    assert caught.value.fault.kind is FaultKind.FORBIDDEN_ADDRESS
    assert lookup.asked == [NAME, NAME]
    assert len(server.received) == 1


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    policy = EgressPolicy(allow=LOOPBACK.allow, resolver=Lookup(["127.9.9.9", "127.0.0.1"]))
    async with serve(always()) as server, HttpPool(egress=policy) as pool:
        got = await Transport(pool).send("GET", f"http://{NAME}:{server.port}/")
    assert got.status == 200


async def test_a_name_that_is_not_known_is_unreachable() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    async with HttpPool(egress=EgressPolicy(resolver=unknown)) as pool:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("POST", "https://nowhere.example/", effect=True)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.UNREACHABLE, Effect.NONE)


async def test_a_private_address_is_refused_without_a_connection() -> None:
    async with serve(always()) as server, HttpPool() as pool:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("POST", server.url, effect=True)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.FORBIDDEN_ADDRESS, Effect.NONE)
    assert server.accepted == 0


async def test_a_connection_is_used_again() -> None:
    async with serve(always()) as server, HttpPool(egress=LOOPBACK) as pool:
        for _ in range(3):
            await Transport(pool).send("GET", server.url)
    assert (server.accepted, len(server.received)) == (1, 3)


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with serve(always()) as server, HttpPool(egress=LOOPBACK) as pool:
        got = await Transport(pool).send("GET", server.url)
    assert got.status == 200


async def test_a_configured_proxy_gets_every_call_with_its_own_credentials() -> None:
    async with serve(always()) as server:
        proxy = Secret(f"http://user:pw@127.0.0.1:{server.port}")
        async with HttpPool(egress=LOOPBACK, proxy=proxy) as pool:
            await Transport(pool).send("GET", "http://127.0.0.1:9/x")
    assert server.received[0].target == "http://127.0.0.1:9/x"
    assert server.received[0].headers["proxy-authorization"] == "Basic dXNlcjpwdw=="


async def test_a_proxy_that_refuses_the_tunnel_has_sent_nothing() -> None:
    asked: list[bool] = []
    refusal = {"pds.example:443": answer(403, b"no")}
    async with serve(routes(refusal)) as server, HttpPool(proxy=f"http://127.0.0.1:{server.port}") as pool:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool, None, lambda: asked.append(True)).send("POST", f"https://{NAME}/", effect=True)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.UNREACHABLE, Effect.NONE)
    assert [item.method for item in server.received] == ["CONNECT"]
    assert asked == []


async def test_a_proxy_does_not_open_private_addresses_in_links() -> None:
    async with serve(always()) as server, HttpPool(proxy=f"http://127.0.0.1:{server.port}") as pool:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("GET", "https://169.254.169.254/")
    assert caught.value.fault.kind is FaultKind.FORBIDDEN_ADDRESS
    assert server.received == []
