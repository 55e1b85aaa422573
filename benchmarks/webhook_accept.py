"""Deliveries of 2 kB, signed as Meta signs them, over 64 connections: proven, committed, answered.

Reference: a hand-written route that does the HMAC and one INSERT a request by asyncpg on the same database
(`benchmarks/measuring/plain_webhook.py`), in a process of its own, in turn with ours. At the end the rows are counted:
each delivery that was answered is there.

    python -m benchmarks.webhook_accept [--quick]
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from dataclasses import dataclass, field
from itertools import count

import asyncpg
import orjson
import uvloop

from app.boot.group import Child
from benchmarks.measuring import parts, report, requests
from benchmarks.measuring.figures import Spread, percentile, take_turns
from benchmarks.measuring.plain_webhook import SECRET
from benchmarks.measuring.requests import Target
from benchmarks.measuring.surroundings import Surroundings, server_versions, surroundings

NAME = "webhook_accept"
CONNECTIONS = 64
BYTES = 2048
SHARES = (50, 99)
PACKAGES = ("starlette", "uvicorn", "uvloop", "sqlalchemy", "asyncpg")
WHO = ("our API", "plain route")


@dataclass(slots=True)
class Sender:
    """Makes deliveries for one address, each another one."""

    port: int
    secret: bytes
    numbers: count[int] = field(default_factory=count)

    def packed(self) -> bytes:
        """The next delivery as it goes over the wire."""
        update = {"field": "feed", "value": {"item": "comment", "verb": "add", "comment_id": str(next(self.numbers))}}
        entry = {"id": f"{self.port}", "time": 1_700_000_000, "changes": [update], "filler": ""}
        body = orjson.dumps({"object": "page", "entry": [entry]})
        body = body.replace(b'"filler":""', b'"filler":"' + b"x" * (BYTES - len(body)) + b'"')
        signature = hmac.digest(self.secret, body, "sha256").hex()
        return Target(
            self.port, "POST", "/webhooks/meta", {"X-Hub-Signature-256": f"sha256={signature}"}, body
        ).packed()


def main() -> None:
    """Measure and print."""
    quick = report.is_quick("Accepting webhooks beside a bare route with HMAC and one INSERT a request.")
    with surroundings() as found:
        uvloop.run(_measure(found, quick=quick))


async def _measure(found: Surroundings, *, quick: bool) -> None:
    report.heading(NAME, await server_versions(found), PACKAGES, quick=quick)
    ports, secret = (parts.free_port(), parts.free_port()), secrets.token_hex(16)
    apps = orjson.dumps({"meta": {"client_id": "1", "client_secret": secret}}).decode()
    environment = {"POSTD_PORT": str(ports[0]), "POSTD_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}", "POSTD_APPS": apps}
    api = parts.python("API", "-m", "app.cli", "api", folder=found.folder, environment=environment)
    served = ("--factory", "benchmarks.measuring.plain_webhook:factory", "--port", str(ports[1]))
    options = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
    route = parts.python("plain route", "-m", "uvicorn", *served, *options, folder=found.folder)
    route.environment[SECRET] = secret
    with parts.running([api, route]):
        await asyncio.gather(parts.answers(api, ports[0]), parts.answers(route, ports[1]))
        await _race(found, [Sender(port, secret.encode()) for port in ports], [api, route], quick=quick)


async def _race(found: Surroundings, senders: list[Sender], processes: list[Child], *, quick: bool) -> None:
    seconds, rounds = (0.5, 1) if quick else (4.0, 9)
    processor = parts.ProcessorTime(processes, found.database_url)
    latencies: list[list[float]] = [[], []]
    costs: list[dict[str, list[float]]] = [{}, {}]
    shares: list[dict[str, float]] = [{}, {}]
    answered = [0, 0]

    async def run(which: int, lasting: float = seconds) -> float:
        sender = senders[which]
        await processor.begin()
        target = Target(sender.port, "POST", "/webhooks/meta", {})
        done = await requests.load(target, CONNECTIONS, lasting, len("ok\n"), fresh=sender.packed)
        shares[which] = await processor.shares()
        answered[which] += len(done.latencies)
        if lasting == seconds:
            latencies[which] += done.latencies
            for party, share in shares[which].items():
                costs[which].setdefault(party, []).append(10 * share / done.per_second)
        return done.per_second

    for which in (0, 1):  # caches are warm before anything counts
        await run(which, seconds / 2)
    figures = await take_turns(lambda: run(0), lambda: run(1), rounds)
    for which, taken in enumerate((figures.ours, figures.reference)):
        who, own = WHO[which], {processes[which].name, "PostgreSQL"}
        report.line(f"{who}, deliveries/s", Spread.of(taken).words())
        quantiles = ", ".join(f"p{share} {1000 * percentile(latencies[which], share / 100):.1f} ms" for share in SHARES)
        report.line(f"{who}, latency", quantiles)
        for party in sorted(own & costs[which].keys()):
            report.line(f"{who}, {party}", Spread.of(costs[which][party]).words("ms of processor time a delivery", 3))
        report.line(f"{who}, limited by", parts.words(shares[which]))
    report.line("kept", await _kept(found, answered))
    report.ratio(NAME, "of the plain route's deliveries/s", figures.ratio, rounds, more_is_better=True)


async def _kept(found: Surroundings, answered: list[int]) -> str:
    """How many rows there are; raises where a delivery was answered and is not there."""
    connection = await asyncpg.connect(found.database_url)
    try:
        rows = [
            await connection.fetchval("SELECT count(*) FROM webhook_deliveries WHERE receiver = $1", receiver)
            for receiver in ("meta", "plain")
        ]
    finally:
        await connection.close()
    if any(kept < said for kept, said in zip(rows, answered, strict=True)):
        raise RuntimeError(f"{answered} deliveries were answered, and {rows} are kept")
    return f"{rows[0]:,} and {rows[1]:,} rows: every delivery that was answered"


if __name__ == "__main__":
    main()
