"""
`python -m tests.browser.gallery [folder]`: take the pictures anew, and write the page that shows them.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlencode

from playwright.async_api import Browser, BrowserContext, Page

from gateway.accounts import totp
from gateway.core.catalogue import LINK_DOWN
from gateway.core.delivery import Target
from gateway.core.model import NodeId
from gateway.http.console.words import LANGUAGES
from gateway.ports import Role, Trouble
from tests.browser.gallery.scene import PEOPLE, Scene, standing_scene
from tests.browser.gallery.shots import KIND, NOBODY, SHOTS, SIZES, Shot, gallery, picture, stray
from tests.kit.browser import PATIENCE, running_browser
from tests.kit.console import PASSWORD, Console
from tests.kit.source_tree import ROOT

FOLDER = ROOT / "docs" / "console"
QUALITIES = (100, 30)
"""Of WebP: without loss is smaller where rows are alike, with some loss elsewhere; letters stay sharp."""

TALLEST = {"wide": 840, "narrow": 1_120}
"""Pixels; what is below has no news for who leafs through pictures, and would be most of the bytes."""

FIRST_SIZE = next(iter(SIZES))

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0"
"""The page of sessions shows it, and no machine's own browser should stand there."""


async def take(folder: Path, only: Sequence[str]) -> None:
    """All pictures (or those whose names begin with one of `only`) into a folder."""
    wanted = [shot for shot in SHOTS if not only or shot.name.startswith(tuple(only))]
    with TemporaryDirectory() as data:
        async with standing_scene(Path(data)) as scene, running_browser() as browser:
            for by in dict.fromkeys(shot.by for shot in wanted):
                mine = [shot for shot in wanted if shot.by == by]
                for shot in mine if by == NOBODY else ():
                    context = await opened(browser)  # who begins to log in is somebody for the next page
                    await photograph(await context.new_page(), scene, shot, folder)
                    await context.close()
                if by != NOBODY:
                    context = await opened(browser)
                    page = await context.new_page()
                    await log_in(page, scene.console, by)
                    for shot in mine:
                        await photograph(page, scene, shot, folder)
                    await context.close()


async def opened(browser: Browser) -> BrowserContext:
    """The browser of one person, in which nothing moves."""
    context = await browser.new_context(user_agent=AGENT, reduced_motion="reduce", locale="vi-VN")
    context.set_default_timeout(6 * PATIENCE)  # nobody waits for a picture
    return context


async def log_in(page: Page, console: Console, name: str) -> None:
    """As one of PEOPLE."""
    await page.goto(f"{console.url}/console/login")
    await page.fill("[name=name]", name)
    await page.fill("[name=password]", PASSWORD)
    await page.click("main button")
    if PEOPLE[name].role is Role.ADMINISTRATOR:
        await page.wait_for_url("**/login/code")
        console.clock.advance(totp.STEP_SECONDS)  # no code is good twice
        await page.fill("[name=code]", console.code())
        await page.click("main button")
    await page.wait_for_url("**/console/")


async def photograph(page: Page, scene: Scene, shot: Shot, folder: Path) -> None:
    """A shot in both languages at both sizes."""
    up = {"trouble": Trouble.RETRYING.value, "code": LINK_DOWN.code}
    group = urlencode({**up, "target": Target(neighbour=NodeId(scene.places["cut"])).key})
    path = shot.path.format(**scene.places, group=group)
    for language in LANGUAGES:
        for size, (width, height) in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            if size == FIRST_SIZE or shot.steps is None:  # what was done is not done again
                await page.goto(f"{scene.console.url}/console/language/{language}?to={quote(path)}")
            if size == FIRST_SIZE and shot.steps is not None:
                await shot.steps(page)
            data = await picture_of(page, width, TALLEST[size])
            (folder / picture(shot.name, language, size)).write_bytes(data)
    print(shot.name)


async def picture_of(page: Page, width: int, tallest: int) -> bytes:
    """What the browser makes of a page, down to `tallest` pixels; it writes the compact format itself."""
    await page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    height: int = await page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, tallest), "scale": 1}
    session = await page.context.new_cdp_session(page)
    made = [
        await session.send(
            "Page.captureScreenshot",
            {"format": KIND, "quality": quality, "captureBeyondViewport": True, "clip": clip},
        )
        for quality in QUALITIES
    ]
    await session.detach()
    return min((base64.b64decode(each["data"]) for each in made), key=len)


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.gallery", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--only", default="", help="beginnings of names, with commas between them")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(chosen.folder, [name for name in chosen.only.split(",") if name]))
    for name in stray(chosen.folder):
        (chosen.folder / name).unlink()
    (chosen.folder / "README.md").write_text(gallery(), "utf-8")


if __name__ == "__main__":
    main()
