"""Members of a workspace: inviting, joining, other roles, letting go. And passwords that are lost or changed."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.client import connect

from app.domain.keys.model import Scope
from app.domain.people.link_model import INVITATION_LIFE, RESET_LIFE
from app.domain.people.roles import SCOPES, Role
from app.flows.people.links import Kind, link
from schema.node import encode
from tests.fixtures.graph import Graph, Socket, served
from tests.fixtures.people import PASSWORD, SIGNED_IN, Door, Someone, someone
from tests.fixtures.world import World

NEW = "a new and better one"
INVITED = "... on MemberInvited { link invitation { id address role } }"
ROLE = "... on MemberRoleChanged { member { role } }"


async def admin(door: Door) -> Someone:
    pat = await someone(door.world)
    await door.sign_in(pat)
    return pat


def token_of(address: str | None) -> str:
    assert address is not None
    return address.rpartition("/")[2]


async def invited(door: Door, address: str, role: str = "EDITOR") -> str:
    made = await door.do("inviteMember", INVITED, address=address, role=role)
    assert made["__typename"] == "MemberInvited", made
    return token_of(made["link"])


async def verbs(door: Door) -> list[str]:
    rows = await door.world.owner.fetch(
        "SELECT verb FROM audit_log WHERE tenant_id = $1 AND verb NOT LIKE 'key.%' ORDER BY at, id", door.world.tenant
    )
    return [row["verb"] for row in rows]


def an_address(door: Door) -> str:
    return f"new{door.place}@example.org"


async def test_who_follows_an_invitation_is_a_member_with_its_role(door: Door) -> None:
    await admin(door)
    address = an_address(door)
    made = await door.do("inviteMember", INVITED, address=address.upper(), role="EDITOR")
    assert made["invitation"]["role"] == "EDITOR"
    assert made["link"].startswith("http://127.0.0.1:8000/join/")
    listed = "{ invitations { totalCount edges { node { id } } } }"
    assert (await door.ask(listed))["invitations"]["edges"] == [{"node": {"id": made["invitation"]["id"]}}]
    token = token_of(made["link"])
    joined = await door.do("acceptInvitation", SIGNED_IN, token=token, password=NEW, name="  New   One ")
    assert (await door.ask(listed))["invitations"]["totalCount"] == 0
    door.token = joined["accessToken"]
    viewer = (await door.ask("{ viewer { role person { name verifiedAt } sessions { current agent } } }"))["viewer"]
    assert viewer == {
        "role": "EDITOR",
        "person": {"name": "New One", "verifiedAt": None},
        "sessions": [{"current": True, "agent": "a program"}],
    }
    members = (await door.ask("{ members { totalCount edges { node { role person { name } } } } }"))["members"]
    assert [edge["node"]["role"] for edge in members["edges"]] == ["ADMIN", "EDITOR"]
    assert members["totalCount"] == 2
    assert await verbs(door) == ["member.invite", "member.join"]


async def test_a_link_works_once_and_for_seven_days_and_until_it_is_taken_back(door: Door) -> None:
    await admin(door)
    used = await invited(door, f"1{an_address(door)}")
    follow = {"password": NEW, "name": "x"}
    assert (await door.do("acceptInvitation", token=used, **follow))["__typename"] == "SignedIn"
    replaced = await invited(door, f"2{an_address(door)}")
    made = await door.do("inviteMember", INVITED, address=f"2{an_address(door)}", role="VIEWER")
    revoked = await door.do("revokeInvitation", invitationId=made["invitation"]["id"])
    assert revoked["__typename"] == "InvitationRevoked"
    again = await door.do("revokeInvitation", invitationId=made["invitation"]["id"])
    assert again["__typename"] == "NotFound"
    late = await invited(door, f"3{an_address(door)}")
    before = await door.world.owner.fetchval("SELECT count(*) FROM people")
    for token in (used, replaced, token_of(made["link"]), used[:-1] + "x", "nonsense", ""):
        assert (await door.do("acceptInvitation", token=token, **follow))["code"] == "LINK_SPENT"
    door.world.clock.ahead = INVITATION_LIFE
    assert (await door.do("acceptInvitation", token=late, **follow))["code"] == "LINK_SPENT"
    assert await door.world.owner.fetchval("SELECT count(*) FROM people") == before


async def test_of_many_who_follow_one_link_one_is_let_in(door: Door) -> None:
    await admin(door)
    token = await invited(door, an_address(door))
    tries = [door.do("acceptInvitation", token=token, password=NEW, name=f"n{n}") for n in range(4)]
    kinds = sorted(one["__typename"] for one in await asyncio.gather(*tries))
    assert kinds == ["LinkSpent", "LinkSpent", "LinkSpent", "SignedIn"]


async def test_who_has_an_account_follows_an_invitation_with_their_own_password(door: Door) -> None:
    await admin(door)
    known = await someone(door.world, None)
    token = await invited(door, known.address, "VIEWER")
    assert (await door.do("acceptInvitation", token=token, password=NEW, name="thief"))["code"] == "SIGN_IN_REFUSED"
    joined = await door.do("acceptInvitation", SIGNED_IN, token=token, password=PASSWORD)
    door.token = joined["accessToken"]
    assert (await door.ask("{ viewer { role person { name } } }"))["viewer"] == {
        "role": "VIEWER",
        "person": {"name": "Pat"},
    }


async def test_a_member_is_not_invited_again(door: Door) -> None:
    pat = await admin(door)
    found = await door.do("inviteMember", address=pat.address.upper(), role="VIEWER")
    assert (found["__typename"], found["path"]) == ("AlreadyMember", ["input", "address"])
    assert await verbs(door) == []


async def test_nobody_gives_a_role_that_may_more_than_themselves(door: Door, graph: Graph) -> None:
    pat = await someone(door.world, Role.VIEWER)
    door.token = (await graph.new_key([Scope.READ, Scope.ADMIN])).presented
    for name, given in (
        ("inviteMember", {"address": an_address(door), "role": "EDITOR"}),
        ("changeMemberRole", {"memberId": encode("Member", pat.id), "role": "EDITOR"}),
    ):
        found = await door.do(name, **given)
        assert (found["code"], found["path"]) == ("INVALID_INPUT", ["input", "role"])
    assert await verbs(door) == []
    assert (await door.do("inviteMember", address=an_address(door), role="VIEWER"))["__typename"] == "MemberInvited"


async def test_a_new_role_holds_for_the_next_call(door: Door) -> None:
    pat = await someone(door.world, Role.VIEWER)
    theirs = (await door.sign_in(pat))["accessToken"]
    await admin(door)
    found = await door.do("changeMemberRole", ROLE, memberId=encode("Member", pat.id), role="PUBLISHER")
    assert found["member"]["role"] == "PUBLISHER"
    door.token = theirs
    assert (await door.ask("{ viewer { scopes } }"))["viewer"]["scopes"] == ["PUBLISH", "READ", "WRITE_POSTS"]
    assert await verbs(door) == ["member.change_role"]


async def test_sockets_of_a_member_are_closed_when_they_may_do_something_else(door: Door) -> None:
    pat = await someone(door.world, Role.VIEWER)
    payload = {"authorization": f"Bearer {(await door.sign_in(pat))['accessToken']}"}
    await admin(door)
    member = encode("Member", pat.id)
    steps = (("changeMemberRole", {"memberId": member, "role": "EDITOR"}), ("removeMember", {"memberId": member}))
    async with served(door.app) as url:
        for name, given in steps:
            async with connect(url, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]  # a plain string is taken
                socket = Socket(connection)
                await socket.send(type="connection_init", payload=payload)
                assert (await socket.receive())["type"] == "connection_ack"
                await door.do(name, **given)
                assert (await socket.closed())[0] == 4403


async def test_who_was_removed_is_out_at_once(door: Door) -> None:
    pat = await someone(door.world, Role.EDITOR)
    theirs = await door.sign_in(pat)
    await admin(door)
    member = encode("Member", pat.id)
    assert await door.do("removeMember", "... on MemberRemoved { id }", memberId=member) == {
        "__typename": "MemberRemoved",
        "id": member,
    }
    assert not await door.opens(theirs["accessToken"])
    assert (await door.do("refreshSession", refreshToken=theirs["refreshToken"]))["code"] == "SESSION_ENDED"
    assert (await door.do("removeMember", memberId=member))["__typename"] == "NotFound"
    refused = await door.do("signIn", address=pat.address, password=PASSWORD)
    assert refused["message"] == "You belong to no workspace."
    assert await verbs(door) == ["member.remove"]


async def test_the_last_administrator_stays(door: Door) -> None:
    pat = await admin(door)
    me = encode("Member", pat.id)
    assert (await door.do("removeMember", memberId=me))["__typename"] == "LastAdmin"
    assert (await door.do("changeMemberRole", memberId=me, role="EDITOR"))["__typename"] == "LastAdmin"
    assert (await door.ask("{ viewer { role } }"))["viewer"]["role"] == "ADMIN"
    assert await verbs(door) == []


async def test_two_administrators_who_let_each_other_go_leave_one(door: Door) -> None:
    first, second = await admin(door), await someone(door.world)
    tries = [door.do("removeMember", memberId=encode("Member", one.id)) for one in (first, second)]
    kinds = {one["__typename"] for one in await asyncio.gather(*tries)}
    assert kinds == {"MemberRemoved", "LastAdmin"}


async def test_a_session_goes_from_one_workspace_to_another(door: Door, stranger: World) -> None:
    pat = await someone(door.world, Role.VIEWER)
    await door.world.owner.execute("INSERT INTO memberships VALUES ($1, $2, 'admin', now())", stranger.tenant, pat.id)
    slug = await door.world.owner.fetchval("SELECT slug FROM tenants WHERE id = $1", stranger.tenant)
    await door.sign_in(pat)
    viewer = (await door.ask("{ viewer { role workspaces { role tenant { slug } } } }"))["viewer"]
    assert viewer["role"] == "VIEWER"
    assert {one["tenant"]["slug"]: one["role"] for one in viewer["workspaces"]}[slug] == "ADMIN"
    switched = await door.do("switchWorkspace", "... on WorkspaceSwitched { tenant { slug } }", workspace=slug)
    assert switched["tenant"]["slug"] == slug
    assert (await door.ask("{ viewer { role tenant { slug } } }"))["viewer"] == {
        "role": "ADMIN",
        "tenant": {"slug": slug},
    }
    await door.sign_in(pat)
    assert (await door.ask("{ viewer { tenant { slug } } }"))["viewer"]["tenant"]["slug"] == slug


async def test_nobody_switches_to_a_workspace_of_others(door: Door, stranger: World) -> None:
    await admin(door)
    slug = await door.world.owner.fetchval("SELECT slug FROM tenants WHERE id = $1", stranger.tenant)
    for name in (slug, "no-such"):
        assert (await door.do("switchWorkspace", workspace=name))["__typename"] == "NotFound"
    refused = await door.do("signIn", address=(await someone(door.world)).address, password=PASSWORD, workspace=slug)
    assert refused["message"] == "You belong to no workspace of that name."


async def test_members_of_another_workspace_do_not_exist(door: Door, stranger: World) -> None:
    await admin(door)
    theirs = await someone(stranger, Role.EDITOR)
    member = encode("Member", theirs.id)
    assert (await door.do("changeMemberRole", memberId=member, role="VIEWER"))["__typename"] == "NotFound"
    assert (await door.do("removeMember", memberId=member))["__typename"] == "NotFound"
    names = await door.ask("{ members { totalCount edges { node { id } } } }")
    assert member not in [edge["node"]["id"] for edge in names["members"]["edges"]]
    assert await door.world.owner.fetchval("SELECT role FROM memberships WHERE person_id = $1", theirs.id) == "editor"


async def test_a_changed_password_ends_every_session(door: Door) -> None:
    pat = await someone(door.world)
    other, mine = await door.sign_in(pat), await door.sign_in(pat)
    wrong = await door.do("changePassword", currentPassword="wrong", newPassword=NEW)
    assert wrong["__typename"] == "SignInRefused"
    weak = await door.do("changePassword", currentPassword=PASSWORD, newPassword=pat.address)
    assert (weak["code"], weak["path"]) == ("INVALID_INPUT", ["input", "newPassword"])
    assert await door.opens(other["accessToken"])
    done = "... on PasswordChanged { sessions }"
    assert (await door.do("changePassword", done, currentPassword=PASSWORD, newPassword=NEW))["sessions"] == 2
    assert [await door.opens(one["accessToken"]) for one in (other, mine)] == [False, False]
    door.token = None
    await door.sign_in(Someone(pat.id, pat.address, NEW))
    assert await verbs(door) == ["person.change_password"]


async def reset_link(door: Door, who: Someone) -> str:
    """Ask for a link as the person, and give what the mail will hold."""
    await door.do("requestPasswordReset", address=who.address)
    query = "SELECT id, expires_at FROM password_resets WHERE person_id = $1 ORDER BY created_at DESC LIMIT 1"
    row = await door.world.owner.fetchrow(query, who.id)
    return token_of(link(door.world.rt.settings, Kind.RESET, row["id"], row["expires_at"]).reveal())


async def test_a_lost_password_is_chosen_anew_once_and_every_session_ends(mailing: Door) -> None:
    pat = await someone(mailing.world)
    given = await mailing.sign_in(pat)
    older, token = await reset_link(mailing, pat), await reset_link(mailing, pat)
    weak = await mailing.do("resetPassword", token=token, password="short")
    assert weak["code"] == "INVALID_INPUT"
    done = await mailing.do("resetPassword", "... on PasswordChanged { sessions }", token=token, password=NEW)
    assert done == {"__typename": "PasswordChanged", "sessions": 1}
    assert not await mailing.opens(given["accessToken"])
    for spent in (older, token):
        assert (await mailing.do("resetPassword", token=spent, password=NEW))["code"] == "LINK_SPENT"
    await mailing.sign_in(Someone(pat.id, pat.address, NEW))
    assert (await mailing.ask("{ viewer { person { verifiedAt } } }"))["viewer"]["person"]["verifiedAt"]
    assert await verbs(mailing) == ["person.reset_password"]


async def test_a_reset_is_too_old_after_an_hour(mailing: Door) -> None:
    pat = await someone(mailing.world)
    token = await reset_link(mailing, pat)
    mailing.world.clock.ahead = RESET_LIFE
    assert (await mailing.do("resetPassword", token=token, password=NEW))["code"] == "LINK_SPENT"


async def test_asking_for_a_reset_tells_nothing(mailing: Door) -> None:
    pat = await someone(mailing.world)
    fields = "... on PasswordResetRequested { byMail }"
    known = await mailing.do("requestPasswordReset", fields, address=pat.address)
    unknown = await mailing.do("requestPasswordReset", fields, address="nobody@example.org")
    assert known == unknown == {"__typename": "PasswordResetRequested", "byMail": True}
    letters = await mailing.world.owner.fetch(
        "SELECT letter FROM mails JOIN password_resets r ON r.id = subject_id WHERE person_id = $1", pat.id
    )
    assert [row["letter"] for row in letters] == ["password_reset"]


async def test_an_invitation_that_is_mailed_is_shown_to_nobody_else(mailing: Door) -> None:
    await admin(mailing)
    made = await mailing.do("inviteMember", INVITED, address=an_address(mailing), role="VIEWER")
    assert made["link"] is None
    rows = await mailing.world.owner.fetch("SELECT letter, wake_at IS NOT NULL AS waits FROM mails ORDER BY created_at")
    assert tuple(rows[-1]) == ("invitation", True)


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_stands_for_its_scopes(door: Door, role: Role) -> None:
    await door.sign_in(await someone(door.world, role))
    found = (await door.ask("{ viewer { scopes } }"))["viewer"]["scopes"]
    assert {word.lower().replace("write_posts", "write:posts") for word in found} == SCOPES[role]


async def test_an_operator_sees_the_installation_whatever_their_role(door: Door) -> None:
    await door.sign_in(await someone(door.world, Role.VIEWER, operator=True))
    assert (await door.ask("{ viewer { scopes } }"))["viewer"]["scopes"] == ["OPERATOR", "READ"]
