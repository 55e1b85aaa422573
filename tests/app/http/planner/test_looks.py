"""Who sees little or nothing of the planner's colours: contrasts, names and roles."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product

import pytest
from playwright.async_api import expect

from app.http.assets import FOLDER
from tests.app.http.planner.visit import Visit

TOKENS = (FOLDER / "planner" / "styles" / "tokens.css").read_text("utf-8")
GROUNDS = ("ground", "surface", "raised", "sunk")
INKS = ("ink", "soft", "accent", "plain", "busy", "good", "warn", "bad", "off")
PAIRS = (
    *product(INKS, GROUNDS),
    *[(ink, "accent-wash") for ink in INKS],
    ("good", "good-wash"),
    ("warn", "warn-wash"),
    ("bad", "bad-wash"),
    ("ink", "bad-wash"),
    ("ink", "warn-wash"),
    ("on-accent", "accent"),
    *[("on-platform", name) for name in ("bluesky", "mastodon", "linkedin", "facebook", "instagram", "other-platform")],
)
NAMELESS = """() => [...document.querySelectorAll("button, a[href], input, select, textarea, [role=img], dialog")]
  .filter((each) => each.checkVisibility())
  .filter((each) => {
    const by = (each.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id));
    const labels = [...by, ...(each.labels ?? [])].map((one) => one?.textContent);
    const own = each.matches("select, input") ? "" : each.textContent;
    return ![each.ariaLabel, ...labels, own].some((one) => one?.trim());
  })
  .map((each) => each.outerHTML.slice(0, 120))"""
"""What can be used and has no name that a screen reader could say."""


def colours(name: str) -> tuple[str, str]:
    """A token in the light and in the dark scheme."""
    found = re.search(rf"--{name}: (?:light-dark\((#\w+), (#\w+)\)|(#\w+));", TOKENS)
    assert found is not None, name
    return (found[1], found[2]) if found[1] else (found[3], found[3])


def luminance(colour: str) -> float:
    """Relative luminance, by WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, by WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_of_black_and_white_is_known() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_read_on_its_ground(scheme: int) -> None:
    ratios = {pair: contrast(colours(pair[0])[scheme], colours(pair[1])[scheme]) for pair in PAIRS}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_the_edge_of_a_box_can_be_seen(scheme: int) -> None:
    assert contrast(colours("edge")[scheme], colours("surface")[scheme]) >= 3


async def test_colours_follow_the_system_until_the_switch_says_otherwise(visit: Visit) -> None:
    await visit.page.emulate_media(color_scheme="dark")
    page = await visit.open()
    ground = "getComputedStyle(document.querySelector('.bar')).backgroundColor"
    assert await page.evaluate(ground) == "rgb(24, 29, 40)"
    await page.get_by_role("button", name="Use light colours").click()
    assert await page.evaluate(ground) == "rgb(255, 255, 255)"
    await page.reload()
    await expect(page.get_by_role("button", name="Use dark colours")).to_be_visible()
    assert await page.evaluate(ground) == "rgb(255, 255, 255)"


async def test_everything_that_can_be_used_has_a_name(visit: Visit) -> None:
    page = visit.page
    await page.goto(visit.server.url)
    await expect(page.get_by_label("API key", exact=True)).to_be_visible()
    assert await page.evaluate(NAMELESS) == []
    [job] = await visit.plan(visit.week + timedelta(hours=9))
    await visit.open()
    await expect(visit.card(job)).to_be_visible()
    assert await page.evaluate(NAMELESS) == []
    await visit.card(job).click()
    await expect(
        page.get_by_role("dialog", name="Bluesky post").get_by_role("button", name="Cancel post")
    ).to_be_visible()
    assert await page.evaluate(NAMELESS) == []
    await page.keyboard.press("Escape")
    for place in (f"month/{visit.week:%Y-%m-%d}", "list/upcoming"):
        await visit.go(place)
        await expect(visit.card(job)).to_be_visible()
        assert await page.evaluate(NAMELESS) == []


async def test_the_week_is_a_grid_with_heads(visit: Visit) -> None:
    page = await visit.open()
    grid = page.get_by_role("grid")
    await expect(grid.get_by_role("columnheader")).to_have_count(8)
    await expect(grid.get_by_role("rowheader")).to_have_count(24)
    await expect(grid.get_by_role("gridcell")).to_have_count(7 * 24)
    await expect(page.get_by_role("main")).to_have_count(1)
    await expect(page.get_by_role("navigation", name="Views")).to_be_visible()


async def test_the_focus_stays_in_a_dialog(visit: Visit) -> None:
    page = await visit.open()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    for _ in range(3):
        await page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        assert await page.evaluate(inside)
    await page.keyboard.press("w")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
