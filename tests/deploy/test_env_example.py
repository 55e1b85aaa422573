from __future__ import annotations

import pytest

from app.kernel.settings import Settings
from tests.deploy.env_example import FILE, SECRETS_DIR, render, variables


def test_the_example_is_what_the_settings_say() -> None:
    assert FILE.read_text() == render(), "run `make env`"


@pytest.mark.parametrize("name", variables())
def test_every_setting_says_what_it_is_for(name: str) -> None:
    assert variables()[name].description, f"{name} has no description in app/kernel/settings.py"


def test_the_example_with_every_line_taken_in_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in FILE.read_text().splitlines():
        name, separator, value = line.removeprefix("# ").partition("=")
        if separator and name.startswith("POSTD_") and name != SECRETS_DIR and value:
            monkeypatch.setenv(name, value)
    assert Settings(_env_file=None) == Settings.model_construct()
