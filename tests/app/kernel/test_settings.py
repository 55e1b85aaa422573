"""Settings from the environment and from files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.kernel.settings import Settings, SettingsRefused, read


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


REFUSED = [
    ("DATABASE_URL", "mysql://u:hidden@host/postd", "must be an address such as postgresql://user:password@host/postd"),
    ("DATABASE_URL", "hidden", "must be an address such as postgresql://user:password@host/postd"),
    ("MIGRATION_URL", "postgresql://host:hidden/x", "must be an address such as postgresql://user:password@host/postd"),
    ("REDIS_URL", "http://hidden:6379", "must be an address such as redis://:password@host:6379/0"),
    ("REDIS_URL", "redis://host:hidden", "must be an address such as redis://:password@host:6379/0"),
    ("PUBLIC_URL", "https://postd.example/hidden", "must be an origin such as https://postd.example, without a path"),
    ("TRUSTED_PROXIES", "127.0.0.1,hidden", "must be addresses or networks such as 10.0.0.0/8: "),
    ("EGRESS_ALLOW", "hidden", "must be addresses or networks such as 10.0.0.0/8: "),
    ("ALLOWED_ORIGINS", "hidden.example", "must be origins such as https://planner.example, without a path"),
    ("ALLOWED_ORIGINS", "https://a.example/hidden", "must be origins such as https://planner.example, without a path"),
    ("ALLOWED_ORIGINS", "*", "must be origins such as https://planner.example, without a path"),
    ("PLC_URL", "hidden", "must be an address such as https://host"),
    ("HANDLE_RESOLVER", "ftp://hidden.example", "must be an address such as https://host"),
    ("EGRESS_PROXY", "socks5://hidden:1080", "must be an address such as https://host"),
    ("LOG_LEVEL", "hidden", "must be DEBUG, INFO, WARNING or ERROR"),
    ("ENDPOINTS", "hidden", "is not JSON"),
    ("PORT", "70000", "Input should be less than or equal to 65535"),
    ("LEASE", "0", "Input should be greater than 0"),
]


@pytest.mark.parametrize(("name", "value", "reason"), REFUSED)
def test_a_value_that_cannot_be_used_is_named_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"POSTD_{name}", value)
    with pytest.raises(SettingsRefused) as caught:
        read()
    [(variable, told)] = caught.value.faults
    assert variable == f"POSTD_{name}"
    assert told.startswith(reason)


def test_no_reason_repeats_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value, _ in REFUSED[:5]:
        monkeypatch.setenv(f"POSTD_{name}", value)
    with pytest.raises(SettingsRefused) as caught:
        read()
    assert "hidden" not in str(caught.value)


def test_every_fault_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTD_PLC_URL", "x")
    monkeypatch.setenv("POSTD_APPS__META__CLIENT_ID", "1234")
    monkeypatch.setenv("POSTD_ENDPOINTS", '{"https://api.example": "x"}')
    with pytest.raises(SettingsRefused) as caught:
        read()
    assert {name for name, _ in caught.value.faults} == {
        "POSTD_PLC_URL",
        "POSTD_APPS__META__CLIENT_SECRET",
        "POSTD_ENDPOINTS__HTTPS://API.EXAMPLE",
    }


def test_a_margin_as_long_as_the_lease_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTD_LEASE_MARGIN", "60")
    with pytest.raises(SettingsRefused) as caught:
        read()
    assert caught.value.faults == (("POSTD_LEASE_MARGIN", "must be shorter than POSTD_LEASE"),)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        (
            "allowed_origins",
            "https://Planner.example/, http://127.0.0.1:3000",
            ("https://planner.example", "http://127.0.0.1:3000"),
        ),
        ("trusted_proxies", "*", ("*",)),
        ("trusted_proxies", "10.0.0.0/8, ::1", ("10.0.0.0/8", "::1")),
        ("log_level", "debug", "DEBUG"),
        ("public_url", "https://postd.example/", "https://postd.example"),
    ],
)
def test_a_value_is_kept_as_it_is_used(monkeypatch: pytest.MonkeyPatch, name: str, value: str, meant: object) -> None:
    monkeypatch.setenv(f"POSTD_{name.upper()}", value)
    assert getattr(read(), name) == meant
