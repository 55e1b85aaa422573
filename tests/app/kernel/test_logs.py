from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog

from app.kernel import logs
from connectors.secret import Secret

CANARY = "c4n4ry-0123456789abcdef"
TENANT = UUID("01900000-0000-7000-8000-000000000001")


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """The stream that everything is logged to; the logging of the test run is put back afterwards."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in (None, *logs.QUIET)}
    stream = io.StringIO()
    logs.configure("DEBUG", json=True, stream=stream)
    yield stream
    structlog.reset_defaults()
    logs.forget()
    root.handlers[:] = [handler for handler in root.handlers if not isinstance(handler, logs._Handler)]
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line(out: io.StringIO) -> None:
    structlog.get_logger("app.test").info("job.published", attempts=2)
    (line,) = lines(out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "job.published", "attempts": 2, "level": "info", "logger": "app.test"}


def test_a_library_line_has_the_same_fields(out: io.StringIO) -> None:
    with logs.bound(request_id="r1"):
        logging.getLogger("dramatiq.worker").warning("lost %s", "something")
    (line,) = lines(out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "lost something", "level": "warning", "logger": "dramatiq.worker", "request_id": "r1"}


def test_secrets_are_hidden_by_name_and_by_shape(out: io.StringIO) -> None:
    structlog.get_logger().info(
        "call", access_token=CANARY, header=f"Bearer {CANARY}", deep={"list": [{"password": CANARY}]}
    )
    logging.getLogger("uvicorn.error").warning("GET /?access_token=%s", CANARY)
    assert len(lines(out)) == 2
    assert CANARY not in out.getvalue()


def test_a_secret_shows_nothing(out: io.StringIO) -> None:
    structlog.get_logger().info("call", value=Secret(CANARY), values=[Secret(CANARY)])
    (line,) = lines(out)
    assert (line["value"], line["values"]) == ("•••", ["•••"])


def test_an_unknown_object_is_redacted_too(out: io.StringIO) -> None:
    class Odd:
        def __repr__(self) -> str:
            return f"<Odd Authorization: Bearer {CANARY}>"

    structlog.get_logger().info("call", tenant=TENANT, odd=Odd(), nested={("a", 1): [Odd()]})
    (line,) = lines(out)
    assert line["tenant"] == str(TENANT)
    assert list(line["nested"]) == ["('a', 1)"]
    assert CANARY not in out.getvalue()


def test_an_exception_is_redacted_and_shows_no_locals(out: io.StringIO) -> None:
    def fail(local: str) -> None:
        raise RuntimeError(f"token={CANARY}; {len(local)}")

    try:
        fail("l0c4l-value")
    except RuntimeError:
        structlog.get_logger().exception("broken")
        logging.getLogger("sqlalchemy.pool").exception("broken")
    ours, theirs = lines(out)
    assert ours["exception"][0]["exc_type"] == theirs["exception"][0]["exc_type"] == "RuntimeError"
    assert ours["exception"][0]["frames"][-1]["name"] == "fail"
    assert CANARY not in out.getvalue()
    assert "l0c4l-value" not in out.getvalue()


def test_the_console_redacts_as_well(out: io.StringIO) -> None:
    logs.configure("INFO", json=False, stream=out)
    error = RuntimeError(f"token={CANARY}")
    structlog.get_logger().error("broken", exc_info=error, secret=CANARY, value=Secret(CANARY))
    assert "RuntimeError" in out.getvalue()
    assert "broken" in out.getvalue()
    assert CANARY not in out.getvalue()


def test_bound_ids_stand_on_every_line_of_the_block_only(out: io.StringIO) -> None:
    log = structlog.get_logger()
    with logs.bound(tenant_id=TENANT, platform="bluesky"):
        with logs.bound(platform="mastodon"):
            log.info("inner")
        log.info("outer")
    log.info("outside")
    inner, outer, outside = lines(out)
    assert (inner["tenant_id"], inner["platform"]) == (str(TENANT), "mastodon")
    assert (outer["tenant_id"], outer["platform"]) == (str(TENANT), "bluesky")
    assert not {"tenant_id", "platform"} & outside.keys()


async def test_ids_of_two_tasks_do_not_mix(out: io.StringIO) -> None:
    async def work(name: str) -> None:
        with logs.bound(request_id=name):
            await asyncio.sleep(0)
            structlog.get_logger(__name__).info(name)

    await asyncio.gather(work("a"), work("b"))
    ours = [line for line in lines(out) if line["logger"] == __name__]
    assert [(line["event"], line["request_id"]) for line in ours] == [("a", "a"), ("b", "b")]


def test_forget_clears_what_a_thread_has_bound(out: io.StringIO) -> None:
    def work() -> None:
        structlog.contextvars.bind_contextvars(job_id="old")
        logs.forget()
        structlog.get_logger().info("next")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "job_id" not in lines(out)[0]


def test_other_names_cannot_be_bound() -> None:
    with pytest.raises(TypeError):
        logs.bound(email="someone@example.com")  # type: ignore[call-arg]


@pytest.mark.parametrize("name", sorted(logs.QUIET))
def test_a_talkative_library_is_quiet(out: io.StringIO, name: str) -> None:
    logging.getLogger(name).log(logs.QUIET[name] - 1, "too much")
    assert out.getvalue() == ""


def test_handlers_that_a_library_set_up_are_replaced(out: io.StringIO) -> None:
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.addHandler(logging.StreamHandler(stray := io.StringIO()))
    uvicorn.propagate = False
    logs.configure("INFO", json=True, stream=out)
    uvicorn.warning("hello")
    assert stray.getvalue() == ""
    assert [line["event"] for line in lines(out)] == ["hello"]


def test_lines_below_the_level_are_dropped(out: io.StringIO) -> None:
    logs.configure("warning", json=True, stream=out)
    structlog.get_logger().info("no")
    logging.getLogger("other").info("no")
    structlog.get_logger().warning("yes")
    assert [line["event"] for line in lines(out)] == ["yes"]


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="POSTD_LOG_LEVEL='LOUD' is no level: use DEBUG"):
        logs.configure("LOUD")


def test_a_line_that_cannot_be_formatted_is_not_dumped(out: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", stream=out)  # again: the test run's own handler must not meet this line
    logging.getLogger("other").info("%d", CANARY)
    assert out.getvalue() == ""
    assert capsys.readouterr().err == "a log line of other could not be written (TypeError)\n"


class _Broken(io.StringIO):
    """A stream whose reader is gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_work_goes_on_where_nobody_takes_the_lines(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", _Broken())
    logs.configure("DEBUG", json=True, stream=_Broken())

    logging.getLogger("postd.test").info("nobody reads this")

    assert out.getvalue() == ""
