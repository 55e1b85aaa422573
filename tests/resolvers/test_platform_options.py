"""The platforms' own options through the API: given by their own inputs, read back by name."""

from __future__ import annotations

from typing import Any

from schema.node import encode
from tests.app.flows.media import uploads
from tests.fixtures.graph import Graph
from tests.resolvers.test_media import stored

FIELDS = (
    "... on PostScheduled { post { jobs { content { options { name value } } } } } "
    "... on InvalidContent { problems { path rule message fix } }"
)


async def schedule(graph: Graph, platform: str, options: dict[str, Any], *media: str) -> dict[str, Any]:
    account = await graph.account(platform)
    targets = [{"connectionId": encode("Connection", account.id), "options": options}]
    content = {"text": "Hello", "media": [{"mediaId": one} for one in media]}
    return await graph.do("schedulePost", FIELDS, content=content, targets=targets)


async def picture(graph: Graph) -> str:
    return encode("Media", (await stored(graph, uploads.image(size=(400, 400)))).id)


async def test_options_of_instagram_are_typed_and_read_back_by_name(graph: Graph) -> None:
    given = {
        "format": "POST",
        "collaborators": ["anna", "ben"],
        "locationId": "1234",
        "userTags": [{"username": "carol", "x": 0.5, "y": 0.25}],
    }
    answer = await schedule(graph, "instagram", {"instagram": given}, await picture(graph))
    assert answer["__typename"] == "PostScheduled", answer
    (job,) = answer["post"]["jobs"]
    assert {option["name"]: option["value"] for option in job["content"]["options"]} == {
        "format": "post",
        "collaborators": "anna,ben",
        "location_id": "1234",
        "user_tags": '[{"x":0.5,"y":0.25,"file":0,"username":"carol"}]',
    }


async def test_a_cover_is_read_back_by_the_id_of_its_file_and_kept_for_the_post(graph: Graph) -> None:
    cover = await picture(graph)
    answer = await schedule(graph, "instagram", {"instagram": {"coverMediaId": cover}}, await picture(graph))
    assert answer["__typename"] == "PostScheduled", answer
    (job,) = answer["post"]["jobs"]
    assert job["content"]["options"] == [{"name": "cover", "value": cover}]
    assert (await graph.do("deleteMedia", "", mediaId=cover))["code"] == "MEDIA_IN_USE"


async def test_a_cover_that_is_not_ready_is_told(graph: Graph) -> None:
    fields = "... on MediaUploadCreated { media { id } }"
    upload = await graph.do("createMediaUpload", fields, filename="c.png", mime="image/png", size=1000)
    options = {"facebook": {"coverMediaId": upload["media"]["id"]}}
    answer = await schedule(graph, "facebook", options)
    assert [problem["rule"] for problem in answer["problems"]] == ["media.ready"]


async def test_the_options_of_another_platform_are_refused_by_name(graph: Graph) -> None:
    answer = await schedule(graph, "instagram", {"facebook": {"format": "REEL"}}, await picture(graph))
    (problem,) = answer["problems"]
    assert (problem["rule"], problem["path"]) == ("options.platform", ["options"])
    assert problem["message"] == "The options are those of “facebook”, and the target is on Instagram."
    assert problem["fix"] == "Give the target the options of “instagram”, or none."
    assert (await graph.ask("{ posts { totalCount } }"))["posts"]["totalCount"] == 0


async def test_options_by_name_work_on_a_platform_that_has_an_input(graph: Graph) -> None:
    options = {"other": [{"name": "format", "value": "story"}]}
    answer = await schedule(graph, "instagram", options, await picture(graph))
    assert answer["__typename"] == "PostScheduled", answer
    (job,) = answer["post"]["jobs"]
    assert job["content"]["options"] == [{"name": "format", "value": "story"}]


async def test_options_in_two_ways_are_refused(graph: Graph) -> None:
    account = await graph.account("facebook")
    both = {"facebook": {"title": "A"}, "other": [{"name": "title", "value": "B"}]}
    targets = [{"connectionId": encode("Connection", account.id), "options": both}]
    text = "mutation($input: SchedulePostInput!) { schedulePost(input: $input) { __typename } }"
    answer = await graph.answer(text, input={"content": {"text": "Hello"}, "targets": targets})
    (error,) = answer["errors"]
    assert error["message"] == "OneOf Input Object 'PlatformOptionsInput' must specify exactly one key."
    assert (await graph.ask("{ posts { totalCount } }"))["posts"]["totalCount"] == 0
