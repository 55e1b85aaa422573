from __future__ import annotations

from app.services import schema
from tests.app.cli.conftest import Postd


def test_migrating_says_where_the_schema_is(postd: Postd) -> None:
    done = postd("migrate")

    assert (done.returncode, done.stdout.strip()) == (0, f"The schema is at {schema.head()}.")


def test_the_schema_goes_down_and_up_again(postd: Postd) -> None:
    down = postd("migrate", "--down", "0005")
    up = postd("migrate")

    assert (down.returncode, down.stdout.strip()) == (0, "The schema is at 0005.")
    assert (up.returncode, up.stdout.strip()) == (0, f"The schema is at {schema.head()}.")


def test_tables_and_migrations_agree(postd: Postd) -> None:
    assert postd("migrate", "--check").returncode == 0
