"""Writes `.env.example` out of the settings, so that it names every setting, with its meaning and its default.

python -m tests.deploy.env_example --write
"""

from __future__ import annotations

import json
import sys
import textwrap
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from app.kernel.settings import Settings
from app.kernel.timing import Timing

FILE = Path(__file__).resolve().parents[2] / ".env.example"
SECRETS_DIR = "POSTD_SECRETS_DIR"
HEAD = f"""\
# Every setting of POSTD with its default. Copy this file to `.env`, and take the `#` from what you change.
# A secret is better kept in a file: {SECRETS_DIR} names a folder of files called like the settings (postd_vault_keys).
# {SECRETS_DIR}=/run/secrets
"""


def variables() -> dict[str, FieldInfo]:
    """Give every setting by the name of its variable: those of the installation, then those of time."""
    fields = {f"POSTD_{name.upper()}": field for name, field in Settings.model_fields.items() if name != "timing"}
    return fields | {f"POSTD_{name.upper()}": field for name, field in Timing.model_fields.items()}


def written(value: Any) -> str:
    """Give a default as it would stand in the file."""
    if value is None or isinstance(value, SecretStr):
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, dict):
        return json.dumps(value) if value else ""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return json.dumps(value)
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def render() -> str:
    """Give the whole file."""
    blocks = [HEAD]
    for name, field in variables().items():
        meaning = textwrap.wrap(field.description or "", width=118, initial_indent="# ", subsequent_indent="# ")
        blocks.append("\n".join([*meaning, f"# {name}={written(field.get_default(call_default_factory=True))}"]) + "\n")
    return "\n".join(blocks)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.deploy.env_example --write")
    FILE.write_text(render())
    sys.stdout.write(f"wrote {FILE.name}\n")
