from __future__ import annotations

from app.demo.browser import _Forms


def forms(html: str) -> list[tuple[str, dict[str, str], tuple[str, str] | None]]:
    parser = _Forms()
    parser.feed(html)
    return [(form.action, form.fields, form.button) for form in parser.found]


def test_a_form_is_read_as_it_would_be_sent() -> None:
    html = """
    <form action="/go"><input type="hidden" name="csrf" value="x">
    <input type="radio" name="account" value="a"><input type="radio" name="account" value="b" checked>
    <button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></form>
    """

    assert forms(html) == [("/go", {"csrf": "x", "account": "b"}, ("decision", "allow"))]


def test_controls_outside_of_a_form_are_left_out() -> None:
    assert forms('<input name="search" value="x"><form action=""></form>') == [("", {}, None)]
