"""What many sockets are told alike is framed once and written to each, as long as each can take it."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from app import graphql_socket
from app.graphql_frames import HEAD, SocketProtocol, frame
from app.services import events
from resolvers.sharing import Told
from tests.fixtures.graph import Graph, Socket, until

EVENTS = "subscription { eventAdded { event { type } } }"
REST = len(HEAD) + len(b',"id":"a"}')


class Door:
    """Every use of the servers' door, and what it answers."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.refused = 0
        self.refuse = 0
        """How many of the next frames are refused."""
        self.protocols: set[SocketProtocol] = set()


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    """Give what goes through the door."""
    seen, write = Door(), SocketProtocol.write_frame

    def watched(self: SocketProtocol, frame: bytes) -> bool:
        seen.protocols.add(self)
        if seen.refuse:
            seen.refuse -= 1
            seen.refused += 1
            return False
        seen.written.append(frame)
        return write(self, frame)

    monkeypatch.setattr(SocketProtocol, "write_frame", watched)
    return seen


async def note(graph: Graph, *types: str) -> None:
    """Write events into the workspace's log, a transaction each."""
    for kind in types:
        async with graph.world.db.transaction(graph.world.tenant) as session:
            events.record(session, events.Event(kind, "tests", graph.world.tenant))


async def types(socket: Socket, count: int) -> list[str]:
    return [(await socket.data())["eventAdded"]["event"]["type"] for _ in range(count)]


def at_once(graph: Graph) -> int:
    """How many readers are told at once."""
    return sum(len(stream._at_once) for stream, _ in graph.app.app.sharing._streams.values())


@pytest.mark.parametrize("length", [0, 1, 125 - REST, 126 - REST, 127 - REST, 65_535 - REST, 65_536 - REST, 70_000])
def test_a_frame_is_what_the_library_makes_of_the_whole_message(length: int) -> None:
    told = Told(1, b"x" * length)
    for tail in (b',"id":"a"}', b',"id":"b"}', b',"id":"another"}'):
        whole = Frame(Opcode.TEXT, HEAD + told.payload + tail).serialize(mask=False)
        assert frame(told, tail) == whole
    assert len(told.heads) == 2, "one for each length of an id"


async def test_those_who_have_caught_up_are_told_by_frames(graph: Graph, url: str, door: Door) -> None:
    async with graph.socket(url) as one, graph.socket(url) as two:
        for socket in (one, two):
            await socket.subscribe(EVENTS)
        await until(lambda: at_once(graph) == 2)
        await note(graph, "first", "second")
        for socket in (one, two):
            assert await types(socket, 2) == ["first", "second"]
        assert len(door.written) == 4


async def test_one_that_cannot_take_it_is_told_by_itself_and_misses_nothing(graph: Graph, url: str, door: Door) -> None:
    async with graph.socket(url) as socket:
        await socket.subscribe(EVENTS)
        for number in range(3):
            await until(lambda: at_once(graph) == 1)
            door.refuse = 1
            await note(graph, f"refused.{number}", f"next.{number}")
            assert await types(socket, 2) == [f"refused.{number}", f"next.{number}"]
        assert door.refused == 3


async def test_a_server_without_the_door_sends_as_usual(
    graph: Graph, url: str, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphql_socket, "FRAMES", "nobody.knows")
    async with graph.socket(url) as socket:
        await socket.subscribe(EVENTS)
        await until(lambda: graph.app.app.sharing)
        await note(graph, "first", "second")
        assert await types(socket, 2) == ["first", "second"]
    assert door.written == []


async def test_other_messages_of_the_socket_keep_their_place(graph: Graph, url: str, door: Door) -> None:
    async with graph.socket(url) as socket:
        await socket.subscribe(EVENTS)
        await until(lambda: at_once(graph) == 1)
        await note(graph, "before")
        assert await types(socket, 1) == ["before"]
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}
        await note(graph, "after")
        assert await types(socket, 1) == ["after"]
    assert len(door.written) == 2


async def test_nothing_is_written_to_a_socket_that_is_closed(graph: Graph, url: str, door: Door) -> None:
    async with graph.socket(url) as socket:
        await socket.subscribe(EVENTS)
        await until(lambda: at_once(graph) == 1)
        await note(graph, "one")
        assert await types(socket, 1) == ["one"]
    (protocol,) = door.protocols
    await until(lambda: protocol.disconnected)
    assert protocol.write_frame(b"late") is False
    await until(lambda: at_once(graph) == 0)


async def test_who_leaves_an_operation_is_told_no_more(graph: Graph, url: str, door: Door) -> None:
    async with graph.socket(url) as socket:
        name = await socket.subscribe(EVENTS)
        await until(lambda: at_once(graph) == 1)
        await socket.send(id=name, type="complete")
        await until(lambda: at_once(graph) == 0)
        await note(graph, "nobody hears")
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}
    assert door.written == []
