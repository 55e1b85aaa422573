"""Every receiver of webhooks, by its key. A new one is one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.linkedin.webhooks import RECEIVER as LINKEDIN
from connectors.meta.webhooks import INSTAGRAM_LOGIN, META
from connectors.webhooks import Receiver

RECEIVERS: Final[Mapping[str, Receiver]] = {one.key: one for one in (META, INSTAGRAM_LOGIN, LINKEDIN)}
"""Last word of `/webhooks/...` -> the receiver."""
