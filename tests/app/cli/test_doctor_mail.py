"""What the doctor says of mail."""

from __future__ import annotations

from pydantic import SecretStr

from app.cli.doctor_mail import of_mail
from app.kernel.settings import Settings
from tests.fixtures.post_office import PostOffice, post_office

__all__ = ["post_office"]


async def test_an_installation_without_mail_is_sound_and_says_what_follows() -> None:
    found = await of_mail(Settings(_env_file=None))
    assert (found.ok, "links are shown to administrators" in found.evidence) == (True, True)


async def test_a_server_without_a_sender_has_to_be_mended(post_office: PostOffice) -> None:
    found = await of_mail(Settings(_env_file=None, smtp_url=SecretStr(post_office.url)))
    assert (found.ok, "POSTD_MAIL_FROM" in found.remedy) == (False, True)


async def test_a_server_is_asked(post_office: PostOffice) -> None:
    for port, ok in ((post_office.port, True), (1, False)):
        url = SecretStr(f"smtp://127.0.0.1:{port}")
        found = await of_mail(Settings(_env_file=None, smtp_url=url, mail_from="postd@example.org"))
        assert found.ok is ok
        assert ok or "POSTD_SMTP_URL" in found.remedy
