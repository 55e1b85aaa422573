from __future__ import annotations

from uuid import UUID

from app.domain.keys.credentials import parse
from tests.app.cli.conftest import Postd


def test_a_tenant_is_made_and_shown_with_its_id(postd: Postd) -> None:
    done = postd("tenant", "create", "acme", "--name", "Acme")

    slug, tenant_id = done.stdout.split()
    assert (done.returncode, slug, UUID(tenant_id).version) == (0, "acme", 7)


def test_a_slug_is_taken_once(postd: Postd) -> None:
    postd("tenant", "create", "twice")

    done = postd("tenant", "create", "twice")

    assert done.returncode == 1
    assert done.stderr.strip() == "There is a tenant 'twice' already. Choose another slug."


def test_a_slug_has_a_form(postd: Postd) -> None:
    done = postd("tenant", "create", "Not a slug")

    assert done.returncode == 1
    assert "Use 1 to 63 small letters, digits and hyphens." in done.stderr


def test_a_key_is_shown_once_and_listed_without_its_secret(postd: Postd) -> None:
    postd("tenant", "create", "keys")

    made = postd("keys", "create", "--tenant", "keys", "--name", "planner", "--scope", "read", "--scope", "publish")
    presented = made.stdout.strip()
    listed = postd("keys", "list", "--tenant", "keys")

    assert parse(presented) is not None
    assert "planner  publish, read  lives  never used" in listed.stdout
    assert presented not in listed.stdout
    assert presented.split("_")[2] not in listed.stdout


def test_a_revoked_key_is_listed_as_such(postd: Postd) -> None:
    postd("tenant", "create", "gone")
    made = postd("keys", "create", "--tenant", "gone", "--name", "old")
    key_id = made.stderr.split()[0]

    done = postd("keys", "revoke", "--tenant", "gone", key_id)

    assert (done.returncode, done.stdout.strip()) == (0, "revoked")
    assert "old  read  revoked" in postd("keys", "list", "--tenant", "gone").stdout


def test_an_unknown_tenant_is_named_with_the_command_that_makes_it(postd: Postd) -> None:
    done = postd("keys", "list", "--tenant", "nobody")

    assert done.returncode == 1
    assert done.stderr.strip() == "This tenant does not exist. Make it with `postd tenant create nobody`."
