"""A bucket on the S3 server of the tests: an empty one for each test, seen with plain requests of the protocol.

The server follows S3's protocol and checks no signature; that is what `tests/fixtures/bucket.py` is for.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import unescape

import httpx2
import pytest

from tests.s3.install import installed

SERVER = Path(__file__).with_name("server.py")
REGION = "us-east-1"
OWNER = f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/{REGION}/s3/aws4_request, SignedHeaders=host, Signature=0"
"""Says who asks, which the server believes; nobody may look at a private object."""


@dataclass(frozen=True)
class S3Bucket:
    """A bucket, and what is in it."""

    server: str
    name: str
    http: httpx2.AsyncClient

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.server}/{self.name}"

    async def keys(self) -> list[str]:
        """The objects that there are; parts of unfinished uploads are none."""
        answer = await self.http.get(self.url, params={"list-type": "2"})
        assert answer.status_code == 200, answer.text
        return sorted(unescape(key) for key in re.findall(r"<Key>(.*?)</Key>", answer.text))

    async def unfinished(self) -> list[str]:
        """The keys of uploads in parts that were not completed."""
        answer = await self.http.get(f"{self.url}?uploads")
        assert answer.status_code == 200, answer.text
        return sorted(unescape(key) for key in re.findall(r"<Key>(.*?)</Key>", answer.text))

    async def mime(self, key: str) -> str:
        """As what an object is given out."""
        answer = await self.http.head(f"{self.url}/{key}")
        assert answer.status_code == 200, key
        found: str = answer.headers["content-type"]
        return found


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """Give the address of the server, which ends with the module's last test."""
    packages = installed()
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    # -P and -S: nothing of this folder and of our own environment is found.
    with subprocess.Popen(
        [sys.executable, "-P", "-S", str(SERVER)],
        env={**environment, "PYTHONPATH": str(packages)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), "the S3 server of the tests did not start"
            yield address
        finally:
            process.stdin.close()
            process.wait(timeout=30)


@pytest.fixture
async def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[S3Bucket]:
    """Give an empty bucket, and the environment that leads to it."""
    leading = {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example-secret",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT": s3_server,
        "AWS_ALLOW_HTTP": "true",
    }
    for name, value in leading.items():
        monkeypatch.setenv(name, value)
    async with httpx2.AsyncClient(headers={"authorization": OWNER}) as http:
        made = S3Bucket(s3_server, f"pictures-{secrets.token_hex(6)}", http)
        assert (await http.put(made.url)).status_code == 200
        yield made
