"""The guides can be read in the browser, and the address in every problem's `type` leads to its paragraph."""

import json
import re
from urllib.parse import urlsplit

import pytest

from pico.web.guide_pages import GUIDES
from tests.web.conftest import Person


async def test_every_guide_is_a_page_and_its_links_lead_somewhere(stranger: Person) -> None:
    contents = await stranger.see("/docs")
    for name in GUIDES:
        assert f'href="/docs/{name}"' in contents
        text = await stranger.see(f"/docs/{name}")
        assert "<h1" in text
        anchors = set(re.findall(r'id="([^"]+)"', text))
        for link in re.findall(r'href="(/docs/[^"]+|#[^"]+)"', text):
            target = urlsplit(link)
            if target.path:
                assert target.path.removeprefix("/docs/") in GUIDES, link
            elif target.fragment != "main":
                assert target.fragment in anchors, link


async def test_a_problem_leads_to_its_paragraph(stranger: Person) -> None:
    problem = json.loads(await stranger.see("/c/nobody/query/a/b", 404))
    page, _, code = problem["type"].partition("#")
    assert code == problem["code"] == "unknown-eci"
    assert f'id="{code}"' in await stranger.see(urlsplit(page).path)


@pytest.mark.parametrize("name", ["nothing", "..%2fREADME", "errors.md"])
async def test_there_are_no_other_guides(stranger: Person, name: str) -> None:
    await stranger.see(f"/docs/{name}", 404)
