from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from app.kernel.embedded.addresses import Addresses
from app.kernel.embedded.attach import PROJECT, attach
from tests.app.kernel.embedded.folders import (
    GRACE,
    addresses_of,
    kill,
    processes_of,
    recall,
    remember,
    wait_for_end,
    wait_until,
)


async def test_after_kill_9_of_the_keeper_nothing_is_left_and_the_next_start_has_the_data(data: Path) -> None:
    with attach(data, grace=GRACE) as servers:
        await remember(servers.addresses, "kept")
        kill(servers.addresses.keeper_pid)
        wait_for_end(data)
        assert (data / "services.json").exists()
        assert addresses_of(data) is None
    with attach(data, grace=GRACE) as servers:
        assert await recall(servers.addresses) == ("kept", "kept")


async def test_a_new_command_need_not_wait_for_the_servers_of_a_killed_keeper(data: Path) -> None:
    with attach(data, grace=GRACE) as servers:
        await remember(servers.addresses, "kept")
        kill(servers.addresses.keeper_pid)
        wait_until(lambda: addresses_of(data) is None, "the keeper is gone")
        with attach(data, grace=GRACE) as successor:
            assert successor.addresses.keeper_pid != servers.addresses.keeper_pid
            assert (successor.database_url, successor.redis_url) == (servers.database_url, servers.redis_url)
            assert await recall(successor.addresses) == ("kept", "kept")


async def test_after_kill_9_of_everything_the_next_start_has_the_data(data: Path) -> None:
    with attach(data, grace=GRACE) as servers:
        await remember(servers.addresses, "kept")
        for process in processes_of(data):
            with suppress(psutil.NoSuchProcess):  # a child ends with its parent
                process.kill()
        wait_for_end(data)
    with attach(data, grace=GRACE) as servers:
        assert await recall(servers.addresses) == ("kept", "kept")


@pytest.mark.parametrize("victim", ["postgres_pid", "valkey_pid"])
async def test_a_killed_server_is_started_again_at_its_address(data: Path, victim: str) -> None:
    with attach(data, grace=GRACE) as servers:
        before = servers.addresses
        await remember(before, "kept")
        kill(getattr(before, victim))

        def back() -> Addresses | None:
            now = addresses_of(data)
            return now if now and getattr(now, victim) != getattr(before, victim) else None

        wait_until(lambda: back() is not None, "the server is back")
        after = back()
        assert after is not None
        assert (after.database_url, after.redis_url) == (before.database_url, before.redis_url)
        assert await recall(after) == ("kept", "kept")


def keeper_by_hand(data: Path) -> subprocess.Popen[bytes]:
    """Start a keeper as a person would."""
    return subprocess.Popen([sys.executable, "-m", "app.kernel.embedded.keeper", "--data", data, "--fast"], cwd=PROJECT)


def test_a_keeper_killed_inside_initdb_leaves_nothing_that_hinders(new_data: Path) -> None:
    keeper = keeper_by_hand(new_data)
    wait_until((new_data / "postgres" / "PG_VERSION").exists, "initdb is at work")
    keeper.kill()
    keeper.wait()
    wait_for_end(new_data)
    assert not (new_data / "postgres.initialised").exists()
    with attach(new_data, fast=True, grace=GRACE) as servers:
        assert addresses_of(new_data) == servers.addresses


def test_a_keeper_started_by_hand_stays_until_asked_to_end(data: Path) -> None:
    keeper = keeper_by_hand(data)
    wait_until(lambda: addresses_of(data) is not None, "the servers are up")  # or `attach` may start a quicker keeper
    with attach(data, fast=True, grace=GRACE) as servers:
        assert servers.addresses.keeper_pid == keeper.pid
    assert addresses_of(data) is not None
    keeper.send_signal(signal.SIGINT)
    assert keeper.wait() == 0
    wait_for_end(data)


async def test_a_half_made_cluster_is_made_anew(data: Path) -> None:
    (data / "postgres.initialised").unlink()
    (data / "postgres" / "global" / "pg_control").unlink()
    with attach(data, grace=GRACE) as servers:
        await remember(servers.addresses, "new")
        assert await recall(servers.addresses) == ("new", "new")


async def test_a_stale_pid_that_is_somebody_elses_now_is_harmless(data: Path) -> None:
    with attach(data, grace=GRACE) as servers:
        await remember(servers.addresses, "kept")
        pid_file = (data / "postgres" / "postmaster.pid").read_text()
    wait_for_end(data)
    bystander = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE)
    lines = [str(bystander.pid), *pid_file.splitlines()[1:]]
    (data / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    (data / "valkey" / "valkey.pid").write_text(f"{bystander.pid}\n")
    try:
        with attach(data, grace=GRACE) as servers:
            assert await recall(servers.addresses) == ("kept", "kept")
        assert bystander.returncode is None
    finally:
        bystander.kill()
        await bystander.wait()


async def test_a_taken_port_is_not_fought_over(data: Path) -> None:
    with attach(data, grace=GRACE) as servers:
        await remember(servers.addresses, "kept")
        taken = urlsplit(servers.database_url).port or 0, urlsplit(servers.redis_url).port or 0
    wait_for_end(data)
    with (
        closing(socket.create_server(("127.0.0.1", taken[0]))),
        closing(socket.create_server(("127.0.0.1", taken[1]))),
        attach(data, grace=GRACE) as servers,
    ):
        assert urlsplit(servers.database_url).port != taken[0]
        assert urlsplit(servers.redis_url).port != taken[1]
        assert await recall(servers.addresses) == ("kept", "kept")


async def test_servers_that_outlived_their_keeper_are_ended_first(data: Path) -> None:
    with attach(data, grace=GRACE) as servers:
        await remember(servers.addresses, "kept")
        orphan, keeper = servers.addresses.postgres_pid, psutil.Process(servers.addresses.keeper_pid)
        psutil.Process(orphan).suspend()  # it cannot obey the kernel's signal yet: alive without a keeper
        keeper.kill()
        wait_until(lambda: addresses_of(data) is None, "the keeper is gone")
        assert orphan in {process.pid for process in processes_of(data)}
        with ThreadPoolExecutor(1) as pool:
            attaching = pool.submit(attach, data, grace=GRACE)
            wait_until(lambda: not (data / "services.json").exists(), "the next keeper is at work")
            psutil.Process(orphan).resume()
        with attaching.result() as successor:
            assert orphan not in {process.pid for process in processes_of(data)}
            assert successor.database_url == servers.database_url  # commands that lost the keeper look there
            assert await recall(successor.addresses) == ("kept", "kept")


def test_the_keeper_ends_when_its_folder_is_removed(data: Path) -> None:
    with attach(data, fast=True, grace=GRACE):
        data.rename(data.with_name("gone"))
        wait_for_end(data.with_name("gone"))
        wait_for_end(data)


def test_stop_ends_servers_that_are_in_use_and_says_so(data: Path) -> None:
    command = [sys.executable, "-m", "app.kernel.embedded.stop", str(data)]
    with attach(data, fast=True, grace=GRACE):
        result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
        assert result.stderr == f"Stopped the servers in {data}\n"
        assert processes_of(data) == []
    again = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert again.stderr == ""
