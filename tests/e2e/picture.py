"""Takes the picture of Sayso that the README and the stores show, in the size that Chrome's store asks for.

    python -m tests.e2e.picture docs/screenshot.png

The page is a fixture, the server the real one with the released model.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

from tests.e2e import web
from tests.e2e.build import built_extension
from tests.e2e.chromium import Chromium
from tests.e2e.reading import wait_for_marks
from tests.e2e.service import Service
from tests.e2e.wait import until

WIDTH, HEIGHT = 1280, 800
#: What the page shows besides its text would be taken for Sayso's.
WITHOUT_EXTRAS = "document.querySelectorAll('.cookie-notice').forEach((notice) => notice.remove())"


def main(out: Path) -> None:
    with contextlib.ExitStack() as stack:
        site = stack.enter_context(web.pages())
        service = Service(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "server.log")
        stack.callback(service.stop)
        service.start()
        browser = stack.enter_context(contextlib.closing(Chromium(built_extension())))
        browser.use_server(service.url)
        page = browser.open(site.url("blog.html"))
        page.resize(WIDTH, HEIGHT)
        page.evaluate(WITHOUT_EXTRAS)
        page.click_button()
        wait_for_marks(page)
        page.click_text("the worst decision this council")
        page.panel.click("card-why")
        until(lambda: page.panel.visible("why-for"), "the words that count")
        page.screenshot(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
