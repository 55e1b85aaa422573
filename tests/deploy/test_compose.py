from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml  # type: ignore[import-untyped]

from tests.deploy.env_example import SECRETS_DIR, variables

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {name for name, service in SERVICES.items() if service["restart"] == "no"}
"""Ends by itself: whoever needs it waits for its exit status."""

each_service = pytest.mark.parametrize("name", SERVICES)


def test_the_file_keeps_to_the_compose_specification() -> None:
    schema = json.loads((Path(__file__).parent / "vendor" / "compose-spec.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []


def test_every_part_is_there() -> None:
    assert set(SERVICES) == {"postgres", "redis", "migrate", "api", "worker", "scheduler"}


@each_service
def test_a_service_is_not_root(name: str) -> None:
    assert str(SERVICES[name]["user"]).split(":")[0] not in {"", "0", "root"}
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


@each_service
def test_a_service_writes_to_its_volumes_only(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert "/tmp" in SERVICES[name]["tmpfs"]


@pytest.mark.parametrize("name", ["api", "worker"])
def test_whole_videos_lie_on_a_disk_and_not_in_memory(name: str) -> None:
    scratch = SERVICES[name]["environment"]["TMPDIR"]
    assert f"scratch:{scratch}" in SERVICES[name]["volumes"]
    assert not any(scratch.startswith(memory) for memory in SERVICES[name]["tmpfs"])


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_a_service_that_stays_tells_its_health(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@each_service
def test_a_service_waits_until_what_it_needs_is_up(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if needed in ONE_SHOT else "service_healthy"
        assert how == {"condition": expected}


@each_service
def test_no_secret_stands_in_the_environment(name: str) -> None:
    environment = SERVICES[name].get("environment", {})
    assert not [
        key for key in environment if any(word in key for word in ("URL", "KEY", "PASSWORD")) and key not in ALLOWED
    ]


ALLOWED = {"POSTD_PUBLIC_URL", "POSTGRES_PASSWORD_FILE"}


@each_service
def test_every_variable_and_secret_of_ours_is_a_setting(name: str) -> None:
    service = SERVICES[name]
    ours = {key for key in service.get("environment", {}) if key.startswith("POSTD_")}
    ours |= {secret.upper() for secret in service.get("secrets", []) if secret.startswith("postd_")}
    assert ours - {SECRETS_DIR} <= set(variables())


def test_only_the_api_is_reachable_and_only_from_this_host() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "api": ["127.0.0.1:8000:8000"]
    }
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["data"]
    assert COMPOSE["networks"]["data"] == {"internal": True}


def test_every_secret_that_is_mounted_is_one_that_make_secrets_writes(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets"
    script.write_bytes((PROJECT / "deploy" / "make-secrets").read_bytes())
    for _ in range(2):  # the second run keeps what the first one wrote
        answer = subprocess.run(["sh", script], capture_output=True, text=True, check=True, env={"PATH": os.defpath})
    written = {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    assert {f"deploy/secrets/{name}" for name in written} == {entry["file"] for entry in COMPOSE["secrets"].values()}
    assert written["database_password"] in written["postd_database_url"]
    assert written["redis_password"] in written["postd_redis_url"]
    assert "wrote" not in answer.stdout
