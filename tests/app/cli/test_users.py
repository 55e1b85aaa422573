"""The commands for people."""

from __future__ import annotations

import asyncpg

from tests.app.cli.conftest import Postd


async def verbs(url: str) -> list[tuple[str, str]]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch(
            "SELECT verb, coalesce(details->>'address', actor) FROM audit_log WHERE verb ~ '^(member|person)'"
        )
    finally:
        await connection.close()
    return [tuple(row) for row in rows]


async def test_the_first_administrator_gets_a_link_to_choose_a_password(postd: Postd, migrated: str) -> None:
    made = postd("users", "create-admin", "Ann@Example.org", "--tenant", "acme", "--name", "Ann", "--operator")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("http://127.0.0.1:8000/reset/")
    assert "Ann@Example.org administers acme." in made.stderr
    again = postd("users", "create-admin", "ann@example.org", "--tenant", "other")
    assert again.returncode == 0, again.stderr
    listed = postd("users", "list").stdout
    assert listed == "Ann@example.org  Ann  acme (admin), other (admin)  operator\n"
    assert await verbs(migrated) == [
        ("member.create_admin", "Ann@example.org"),
        ("member.create_admin", "ann@example.org"),
    ]

    disabled = postd("users", "disable", "ANN@example.org")
    assert disabled.stdout == "disabled, 0 sessions ended\n"
    assert postd("users", "list").stdout.endswith("operator  disabled\n")
    postd("users", "disable", "ann@example.org", "--undo")
    assert not postd("users", "list").stdout.endswith("disabled\n")

    lines = (await verbs(migrated))[2:]
    assert sorted(lines) == [("person.disable", "cli")] * 2 + [("person.enable", "cli")] * 2

    link = postd("users", "reset-password", "ann@example.org").stdout
    assert link.startswith("http://127.0.0.1:8000/reset/")
    assert link != made.stdout


def test_who_is_not_there_is_said_with_what_to_do(postd: Postd) -> None:
    for command in ("disable", "reset-password"):
        done = postd("users", command, "nobody@example.org")
        assert done.returncode == 1
        assert done.stderr.strip() == "This person does not exist. `postd users list` names everybody."
    done = postd("users", "create-admin", "no address", "--tenant", "acme")
    assert (done.returncode, "This is no mail address." in done.stderr) == (1, True)
