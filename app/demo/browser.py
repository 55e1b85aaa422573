"""A browser that can do just what a person does to connect an account: open a page, keep cookies, press a button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from connectors.transport import Answer, Transport

MOST_HOPS = 10


class Lost(Exception):
    """The way through the pages did not go on; the message says where it ended."""


@dataclass(slots=True)
class Form:
    """A form as it would be sent untouched."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    """Boxes that nobody has ticked, by name."""
    button: tuple[str, str] | None = None
    """Name and value of its first button."""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", "")))
        elif self.found:
            self._control(tag, given, self.found[-1])

    def _control(self, tag: str, given: Mapping[str, str], form: Form) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "button" and form.button is None:
            form.button = (name, given.get("value", ""))
        elif tag == "input" and name:
            if kind == "checkbox" and "checked" not in given:
                form.offered.setdefault(name, []).append(given.get("value", "on"))
                return
            if kind == "radio" and "checked" not in given:
                return
            form.fields[name] = given.get("value", "on" if kind == "checkbox" else "")


def first_form(page: Answer) -> Form | None:
    """The first form of a page, if it has one."""
    parser = _Forms()
    parser.feed(page.body.decode())
    return parser.found[0] if parser.found else None


class Browser:
    """One person's browser."""

    def __init__(self, http: Transport) -> None:
        self._http = http
        self._cookies: dict[str, dict[str, str]] = {}

    async def open(self, url: str) -> tuple[str, Answer]:
        """Open a page and follow it to where it leads."""
        return await self._follow("GET", url, None)

    async def press(self, url: str, page: Answer) -> tuple[str, Answer]:
        """Tick every box of the page's first form and press its first button.

        Raises:
            Lost: the page has no form.
        """
        form = first_form(page)
        if form is None:
            raise Lost(f"{url} answered {page.status} and has no form.")
        fields = [*form.fields.items(), *((name, value) for name, many in form.offered.items() for value in many)]
        if form.button is not None and form.button[0]:
            fields.append(form.button)
        return await self._follow("POST", urljoin(url, form.action), fields)

    async def _follow(self, method: str, url: str, form: Sequence[tuple[str, str]] | None) -> tuple[str, Answer]:
        for _ in range(MOST_HOPS):
            headers = self._headers(url)
            if form is not None:
                headers["content-type"] = "application/x-www-form-urlencoded"
            content = None if form is None else urlencode(form).encode()
            answer = await self._http.send(method, url, content=content, headers=headers)
            self._keep(url, answer)
            if answer.status not in (301, 302, 303, 307, 308):
                return url, answer
            url, method, form = urljoin(url, answer.headers["location"]), "GET", None
        raise Lost(f"{url} leads on and on")

    def _headers(self, url: str) -> dict[str, str]:
        host = urlsplit(url).netloc
        headers = {"accept": "text/html", "sec-fetch-site": "same-origin", "origin": f"http://{host}"}
        if self._cookies.get(host):
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies[host].items())
        return headers

    def _keep(self, url: str, answer: Answer) -> None:
        jar = self._cookies.setdefault(urlsplit(url).netloc, {})
        for name, morsel in SimpleCookie(answer.headers.get("set-cookie", "")).items():
            jar[name] = morsel.value
