"""Pages: escaped, complete, and under a policy that opens no door by itself."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from app.http.rendering import TEMPLATES, content_policy, environment, html_page


def rules(policy: str) -> dict[str, str]:
    return {rule: sources for rule, _, sources in (part.strip().partition(" ") for part in policy.split(";"))}


def test_the_policy_without_arguments_opens_nothing() -> None:
    assert rules(content_policy()) == {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }


def test_each_argument_opens_its_own_door_only() -> None:
    policy = rules(
        content_policy(connect=("wss://a",), style_nonce="n0", form_action=("https://b",), images=("https://c",))
    )
    closed = rules(content_policy())
    assert {rule: sources for rule, sources in policy.items() if sources != closed[rule]} == {
        "connect-src": "'self' wss://a",
        "style-src": "'self' 'nonce-n0'",
        "form-action": "'self' https://b",
        "img-src": "'self' data: https://c",
    }


def test_what_a_user_wrote_is_text_on_the_page() -> None:
    page = environment().from_string('<p title="{{ name }}">{{ name }}</p>').render(name='"><script>alert(1)</script>')
    assert page == (
        '<p title="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p>'
    )


def test_a_template_without_its_variables_fails() -> None:
    with pytest.raises(UndefinedError):
        html_page("playground.html")


@pytest.mark.parametrize("name", sorted(path.name for path in TEMPLATES.glob("*.html")))
def test_no_template_has_inline_script_or_style(name: str) -> None:
    text = (TEMPLATES / name).read_text("utf-8")
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert "javascript:" not in text
    tags = [tag.split(">", 1)[0] for tag in text.split("<script")[1:]]
    assert all("src=" in tag or tag == ' type="importmap"' for tag in tags)  # a map of modules runs nothing
