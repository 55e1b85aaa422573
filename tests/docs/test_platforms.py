"""docs/platforms.md says what the connectors declare."""

from __future__ import annotations

from connectors.catalog import BUILT_IN
from tests.docs import platforms_page
from tests.docs.markdown import PROJECT


def test_the_page_is_what_the_connectors_declare() -> None:
    assert platforms_page.FILE.read_text() == platforms_page.render(), f"rewrite it: {platforms_page.COMMAND}"


def test_the_readme_names_every_platform() -> None:
    readme = (PROJECT / "README.md").read_text()

    assert [item.capabilities.name for item in BUILT_IN if f"| {item.capabilities.name} |" not in readme] == []
