"""Settings from the environment and from files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.kernel.settings import Settings


def test_an_application_is_read_value_by_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTD_APPS__META__CLIENT_ID", "1234")
    monkeypatch.setenv("POSTD_APPS__META__CLIENT_SECRET", "s3cret")
    monkeypatch.setenv("POSTD_APPS__META__EXTRA__CONFIG_ID", "77")
    app = Settings().apps["meta"]
    assert (app.client_id, app.client_secret.get_secret_value(), app.extra) == ("1234", "s3cret", {"config_id": "77"})


def test_applications_are_read_from_one_secret_file(tmp_path: Path) -> None:
    (tmp_path / "postd_apps").write_text(
        '{"linkedin": {"client_id": "7", "client_secret": "s", "webhook_secrets": ["a", "b"]}}'
    )
    app = Settings(_secrets_dir=tmp_path).apps["linkedin"]
    assert [secret.get_secret_value() for secret in app.webhook_secrets] == ["a", "b"]


def test_an_application_without_its_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTD_APPS__META__CLIENT_ID", "1234")
    with pytest.raises(ValidationError, match="client_secret"):
        Settings()


def test_a_variable_without_a_value_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTD_APPS", "")
    assert Settings().apps == {}


def test_no_secret_of_an_application_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "POSTD_APPS", '{"meta": {"client_id": "1", "client_secret": "s3cret", "verify_token": "v3rify"}}'
    )
    shown = repr(Settings())
    assert "s3cret" not in shown
    assert "v3rify" not in shown
