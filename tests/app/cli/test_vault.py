from __future__ import annotations

from app.services.vault import Keyring
from tests.app.cli.conftest import Postd


def test_a_key_that_is_made_can_be_used(postd: Postd) -> None:
    made = postd("vault", "key").stdout.strip()

    assert Keyring.parse(made).newest == made.split(":")[0]


def test_with_nothing_sealed_nothing_is_rewrapped(postd: Postd) -> None:
    assert postd("vault", "rotate").stdout.strip() == "0 re-wrapped"


def test_status_of_an_empty_vault_lists_nothing(postd: Postd) -> None:
    done = postd("vault", "status")

    assert (done.returncode, done.stdout) == (0, "")
