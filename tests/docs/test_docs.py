"""What the pages say exists, exists: files, anchors, commands, options, settings, and GraphQL that validates."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer
from graphql import GraphQLSchema, assert_interface_type, build_schema, parse, validate
from typer.core import TyperGroup

from app.cli.main import app
from app.kernel import metrics
from tests.deploy.env_example import SECRETS_DIR, variables
from tests.docs.markdown import PAGES, PROJECT, anchors, blocks, code, links

SDL = PROJECT / "schema" / "schema.graphql"
WIDTH = 120

_COMMAND = re.compile(r"(?<![\w./-])(?:\.venv/bin/)?postd((?: +[^\s|;&<>()]+)+)")
_IN_CONTAINER = re.compile(r"docker compose run --rm (?:api|worker|scheduler)((?: +[^\s|;&<>()]+)+)")
_VARIABLE = re.compile(r"\bPOSTD_[A-Z][A-Z_]*[A-Z]\b")
_TARGET = re.compile(r"(?<![\w./-])make ([a-z]+)")

named = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


@pytest.fixture(scope="module")
def sdl() -> GraphQLSchema:
    assert SDL.is_file(), "schema/schema.graphql is missing: write the snapshot first"
    return build_schema(SDL.read_text())


@pytest.fixture(scope="module")
def command() -> Any:
    return typer.main.get_command(app)


@named
def test_relative_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in links(page.read_text()) if not _leads(page, link)]

    assert broken == []


@named
def test_commands_and_their_options_exist(page: Path, command: Any) -> None:
    lines = [line.removesuffix("\\") for line in code(page.read_text())]
    said = [words for line in lines for form in (_COMMAND, _IN_CONTAINER) for words in form.findall(line)]
    refused = [f"postd{words}: {reason}" for words in said if (reason := _refusal(command, words))]

    assert refused == []


@named
def test_settings_exist(page: Path) -> None:
    known = {*variables(), SECRETS_DIR}

    # What follows two underscores is a value inside a setting.
    assert sorted({name.partition("__")[0] for name in _VARIABLE.findall(page.read_text())} - known) == []


def test_operations_name_every_metric() -> None:
    page = (PROJECT / "docs" / "operations.md").read_text()
    known = {family.name + ("_total" if family.type == "counter" else "") for family in metrics.REGISTRY.collect()}

    assert set(re.findall(r"^\| `(postd_[a-z_]+)` \|", page, re.MULTILINE)) == known


@named
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    said = {target for line in code(page.read_text()) for target in _TARGET.findall(line)}

    assert sorted(said - targets) == []


@named
def test_graphql_is_valid(page: Path, sdl: GraphQLSchema) -> None:
    problems = [error.message for text in blocks(page.read_text(), "graphql") for error in validate(sdl, parse(text))]

    assert problems == []


def test_the_api_page_names_every_refusal(sdl: GraphQLSchema) -> None:
    page = (PROJECT / "docs" / "api.md").read_text()
    refusals = sdl.get_implementations(assert_interface_type(sdl.type_map["UserError"])).objects

    assert [refusal.name for refusal in refusals if f"`{refusal.name}`" not in page] == []


@named
def test_lines_of_prose_are_short(page: Path) -> None:
    lines = enumerate(page.read_text().splitlines(), start=1)

    assert [number for number, line in lines if len(line) > WIDTH and not line.startswith("|")] == []


def test_a_command_that_does_not_exist_is_found(command: Any) -> None:
    assert _refusal(command, " keys create --tenant acme --name site") == ""
    assert _refusal(command, " keys invent") == "no command 'invent'"
    assert _refusal(command, " keys create --colour red") == "no option '--colour'"
    assert _refusal(command, " keys") == ""


def test_a_broken_link_is_found() -> None:
    readme = PROJECT / "README.md"

    assert not _leads(readme, "docs/nowhere.md")
    assert not _leads(readme, "docs/states.md#nowhere")
    assert _leads(readme, "docs/states.md#jobs")


def _leads(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return True
    path, _, anchor = unquote(link).partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(PROJECT):
        return False
    return not anchor or (target.suffix == ".md" and anchor in anchors(target.read_text()))


def _refusal(command: Any, text: str) -> str:
    """Why `postd` would not know these words; empty where it does. Arguments are not looked at."""
    for word in shlex.split(text, comments=True):
        if word.startswith("--"):
            known = [option for param in command.params for option in (*param.opts, *param.secondary_opts)]
            if word.partition("=")[0] not in [*known, "--help"]:
                return f"no option {word.partition('=')[0]!r}"
        elif isinstance(command, TyperGroup):
            if word not in command.commands:
                return f"no command {word!r}"
            command = command.commands[word]
    return ""
