"""What `postd doctor` asks the mail server."""

from __future__ import annotations

from app.cli.finding import Finding
from app.kernel.settings import Settings
from app.services.mail import Unreached, greet

NAME = "mail"


async def of_mail(settings: Settings) -> Finding:
    """Whether invitations and new passwords can be mailed; an installation without mail is sound too."""
    if settings.smtp_url is None:
        evidence = "POSTD_SMTP_URL is not set: links are shown to administrators, who pass them on"
        return Finding(NAME, ok=True, evidence=evidence)
    if not settings.mail_from:
        remedy = "Set POSTD_MAIL_FROM, e.g. POSTD <postd@example.org>"
        return Finding(NAME, ok=False, evidence="there is a server and no sender", remedy=remedy)
    try:
        server = await greet(settings)
    except Unreached as error:
        remedy = "Check POSTD_SMTP_URL: scheme, host, port, user and password. What waits is sent when it answers."
        return Finding(NAME, ok=False, evidence=str(error), remedy=remedy)
    return Finding(NAME, ok=True, evidence=f"{server} answers")
