"""What is done on the command line stands in the audit log of the workspaces that it concerns, and can be exported."""

from __future__ import annotations

import csv
import io
import json

from tests.app.cli.conftest import Postd


def test_commands_are_written_down_and_exported(postd: Postd) -> None:
    postd("tenant", "create", "audited")
    postd("tenant", "zone", "audited", "Europe/Berlin")
    made = postd("keys", "create", "--tenant", "audited", "--name", "=evil()")
    postd("keys", "revoke", "--tenant", "audited", made.stderr.split()[0])
    postd("platforms", "pause", "bluesky", "--reason", "It is on fire.")
    postd("platforms", "resume", "bluesky")
    postd("vault", "rotate")

    exported = postd("audit", "export", "--tenant", "audited", "--format", "json")
    lines = [json.loads(line) for line in exported.stdout.splitlines()]

    assert [line["verb"] for line in reversed(lines)] == [
        "tenant.create",
        "tenant.zone",
        "key.create",
        "key.revoke",
        "platform.pause",
        "platform.resume",
        "vault.rotate",
    ], exported.stderr
    assert {line["actor"] for line in lines} == {"cli", "operator"}
    assert lines[2]["sentence"].startswith("bluesky was switched off for the whole installation: It is on fire. By ")
    rows = list(csv.DictReader(io.StringIO(postd("audit", "export", "--tenant", "audited").stdout)))
    assert [row["verb"] for row in rows] == [line["verb"] for line in lines]
    assert json.loads(rows[4]["details"]) == {"name": "=evil()", "scopes": ["read"]}
    assert postd("audit", "export", "--tenant", "audited", "--from", "2999-01-01", "--format", "json").stdout == ""
