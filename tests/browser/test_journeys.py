"""Journeys through the pages as people make them, in a real browser."""

import asyncio
import io
import os
import re
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect

from pico.resources import shipped
from tests.browser.conftest import PHONE, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
SCAN_NOTIFY = shipped("rulesets", "library", "pico.library.scan-notify.krl").read_text("utf-8")
BROKEN = SCAN_NOTIFY.replace('"by": by, "text": text', '"by": bye, "text": text')


async def keep_picture(page: Page, name: str) -> None:
    """Renew a picture of the documentation, where that is asked for."""
    if os.environ.get("UPDATE_EXPECT") == "1":
        await asyncio.to_thread(IMAGES.mkdir, parents=True, exist_ok=True)
        await page.screenshot(path=IMAGES / name)


async def tag_address(page: Page, item: str) -> str:
    await page.goto(item)
    address = await page.locator(".address a").first.get_attribute("href")
    assert address
    return address


async def install(page: Page, item: str, source: str) -> None:
    await page.goto(f"{item}/rules/new")
    await page.get_by_label("Ruleset", exact=True).fill(source)
    await page.get_by_role("button", name="Install").click()


async def test_from_a_scan_to_a_notice(site: Site, owner: Page, boots: str) -> None:
    # The owner signs in again, as on any other day.
    await owner.get_by_role("link", name="Sign out").click()
    await owner.get_by_role("button", name="Sign out").click()
    await owner.get_by_role("link", name="Sign in").click()
    await owner.get_by_label("Name").fill("ada")
    await owner.get_by_label("Passphrase").fill("correct horse battery")
    await owner.get_by_role("button", name="Sign in").click()
    await owner.get_by_role("link", name="Winter boots").click()

    # The tag on the page leads to its address.
    address = await tag_address(owner, boots)
    with Image.open(io.BytesIO(await owner.locator(".code-image").screenshot())) as picture:
        [code] = zxingcpp.read_barcodes(picture)
    assert code.text.lower() == address
    assert re.fullmatch(rf"{site.base}/t/[a-z2-7]{{26}}", address)

    # A ruleset with an error is refused, with line, caret and hint, and the text stays to be mended.
    await install(owner, boots, BROKEN)
    refusal = owner.get_by_role("alert")
    await expect(refusal).to_contain_text("error[unknown-name]")
    await expect(refusal).to_contain_text("^^^ did you mean `by`?")
    await expect(refusal).to_be_focused()
    source = owner.get_by_label("Ruleset", exact=True)
    await expect(source).to_have_value(BROKEN)
    await refusal.get_by_role("button", name="Show me").click()
    assert await source.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)") == "bye"
    await source.fill(SCAN_NOTIFY)
    await owner.get_by_role("button", name="Install").click()
    await expect(owner.get_by_role("status")).to_contain_text("installed and working")

    # A stranger opens the tag on a phone, and the notice is in the open inbox without a reload.
    await owner.goto("/inbox")
    await expect(owner.get_by_text("Live")).to_be_visible()
    await expect(owner.get_by_text("Nothing has arrived yet")).to_be_visible()
    phone = await site.open(PHONE)
    await phone.goto(address)
    await expect(phone.get_by_role("heading", name="Winter boots")).to_be_visible()
    seen = await phone.locator("body").inner_text()
    assert "Size 43" not in seen, "the owner made only the name public"
    assert "ada" not in seen
    await expect(owner.get_by_text("Somebody scanned the tag")).to_be_visible()
    await expect(owner.get_by_text("Nothing has arrived yet")).to_be_hidden()

    # The journal has it too, and the owner's own scan says so.
    await owner.get_by_role("link", name="Winter boots").click()
    await expect(owner.get_by_role("list").filter(has_text="Somebody scanned the tag")).to_be_visible()
    await owner.get_by_label("New entry").fill("Waxed them for the season")
    await owner.get_by_role("button", name="Write it down").click()
    await expect(owner.get_by_role("list").filter(has_text="Waxed them for the season")).to_be_visible()
    await owner.goto(boots)
    await keep_picture(owner, "item.png")
    await owner.goto(address)
    await owner.get_by_role("link", name="Open its own page").click()
    await expect(owner).to_have_url(boots)
    [complaint] = site.complaints
    assert "422" in complaint, "the refused ruleset is all that the consoles have to say"


async def test_everything_works_without_a_script(site: Site, owner: Page, boots: str) -> None:
    plain = await site.open(PHONE, java_script_enabled=False, storage_state=await owner.context.storage_state())
    address = await tag_address(plain, boots)
    await plain.get_by_label("New entry").fill("Waxed")
    await plain.get_by_role("button", name="Write it down").click()
    await expect(plain.get_by_role("status")).to_contain_text("Written into the journal")
    await install(plain, boots, BROKEN)
    await expect(plain.get_by_role("alert")).to_contain_text("^^^ did you mean `by`?")
    await install(plain, boots, SCAN_NOTIFY)
    await plain.goto(address)
    await plain.goto("/inbox")
    await expect(plain.locator("noscript meta[http-equiv=refresh]")).to_have_attribute("content", "30")
    for _ in range(50):
        if await plain.get_by_text("You scanned the tag").count():
            break
        await plain.get_by_role("link", name="Look again").click()
    await expect(plain.get_by_text("You scanned the tag")).to_be_visible()
    await plain.goto(boots)
    await plain.get_by_text("Revoke this tag").click()
    await plain.get_by_role("button", name="Revoke it").click()
    await expect(plain.get_by_role("status")).to_contain_text("leads nowhere now")
    await plain.goto(address)
    await expect(plain.get_by_role("heading", name="Nothing here")).to_be_visible()


async def test_the_inbox_misses_nothing_while_it_was_not_connected(site: Site, owner: Page, boots: str) -> None:
    await install(owner, boots, SCAN_NOTIFY)
    address = await tag_address(owner, boots)
    stranger = await site.open(PHONE)
    await owner.goto("/inbox")
    await expect(owner.get_by_text("Live")).to_be_visible()
    await stranger.goto(address)
    await expect(owner.locator(".notice")).to_have_count(1)
    await owner.context.set_offline(True)
    await stranger.goto(address)
    await owner.context.set_offline(False)
    await stranger.goto(address)
    await expect(owner.locator(".notice")).to_have_count(3, timeout=30_000)


PAGES = ("/", "/items", "/items/new", "/inbox", "/signout", "/signin", "/nowhere")


async def every_page(site: Site, owner: Page, boots: str, **options: object) -> list[tuple[Page, str]]:
    """Each page with something on it, as the owner sees it, and the tag as a stranger does."""
    await install(owner, boots, SCAN_NOTIFY)
    address = await tag_address(owner, boots)
    state = await owner.context.storage_state()
    stranger = await site.open(**options)  # type: ignore[arg-type]  # passed on as they came
    await stranger.goto(address)
    await owner.goto("/inbox")
    await expect(owner.locator(".notice")).to_have_count(1)
    mine = await site.open(storage_state=state, **options)  # type: ignore[arg-type]  # passed on as they came
    own = [(mine, path) for path in (*PAGES, boots, f"{boots}/rules/new")]
    return own + [(stranger, path) for path in ("/", "/signin", address)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_can_be_read(site: Site, owner: Page, boots: str, scheme: str) -> None:
    """WCAG 2.2 AA: 4.5 to 1, and 3 to 1 for large text."""
    for page, path in await every_page(site, owner, boots, color_scheme=scheme):
        await page.goto(path)
        assert await page.evaluate(FAINT_TEXTS) == [], path


async def test_no_page_is_wider_than_the_smallest_phone(site: Site, owner: Page, boots: str) -> None:
    for page, path in await every_page(site, owner, boots, size={"width": 320, "height": 640}):
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path


async def test_pages_are_used_with_the_keyboard_alone(site: Site, owner: Page, boots: str) -> None:
    for page, path in await every_page(site, owner, boots):
        await page.goto(path)
        assert await page.evaluate(NAMELESS) == [], path
        if path == boots:
            continue
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        assert page.url.endswith("#main"), path
    await owner.goto("/items")
    await owner.get_by_role("link", name="New item").focus()
    await owner.keyboard.press("Enter")
    await owner.get_by_label("Name").focus()
    await owner.keyboard.type("Bicycle")
    await owner.keyboard.press("Enter")
    await expect(owner.get_by_role("heading", name="Bicycle")).to_be_visible()


# What carries text, is visible, and has less contrast with its ground than it needs.
FAINT_TEXTS = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const probe = document.createElement("i");
  document.body.append(probe);
  probe.className = "panel";
  const card = parse(getComputedStyle(probe).backgroundColor);
  probe.remove();
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length && colour[3] !== 0) return colour;
      if (e.classList.contains("tag-card")) return card;  // its ground is drawn with gradients
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join("");
    if (!own || !element.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color)), light(ground(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) found.push(`${own.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""

# Fields, links, buttons and images that a screen reader could not name, and pages without one first heading.
NAMELESS = """() => {
  const found = [...document.querySelectorAll("input:not([type=hidden]), textarea")]
    .filter((field) => !field.labels.length).map((field) => field.outerHTML);
  for (const each of document.querySelectorAll("a, button"))
    if (!(each.textContent.trim() || each.getAttribute("aria-label"))) found.push(each.outerHTML);
  for (const image of document.images) if (!image.hasAttribute("alt")) found.push(image.outerHTML);
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  if (!document.documentElement.lang || !document.title) found.push("no language or title");
  return found;
}"""
