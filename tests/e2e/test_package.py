"""What goes to the stores: what is in it, that nothing else is, and that it runs."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.build import EXTENSION
from tests.e2e.chromium import Chromium
from tests.e2e.either import Browser
from tests.e2e.firefox import Firefox
from tests.e2e.own_page import own_page
from tests.e2e.reading import read_page, wait_for_marks
from tests.e2e.wait import until
from tests.e2e.web import Site

SIZES = (16, 24, 32, 48, 64, 96, 128)
FILES = {
    "manifest.json",
    "background.js",
    "content.js",
    "site.js",
    *(f"options.{kind}" for kind in ("html", "css", "js")),
    *(f"unavailable.{kind}" for kind in ("html", "css", "js")),
    *(f"icons/icon-{size}.png" for size in SIZES),
    *(f"_locales/{language}/messages.json" for language in ("en", "de")),
}


def package(folder: Path, **environment: str) -> dict[str, Path]:
    """The zips that `make package` makes, by browser."""
    command = ["node", "tools/package.mjs", str(folder)]
    subprocess.run(command, cwd=EXTENSION, check=True, capture_output=True, env={**os.environ, **environment})
    return {path.name.split("-")[1]: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def packages(extension: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return package(tmp_path_factory.mktemp("packages"))


def manifest(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        read: dict[str, Any] = json.loads(archive.read("manifest.json"))
    return read


@pytest.mark.parametrize("browser", ["chrome", "firefox"])
def test_it_holds_what_it_should_and_nothing_else(packages: dict[str, Path], browser: str) -> None:
    with zipfile.ZipFile(packages[browser]) as archive:
        names = archive.namelist()
        assert names == sorted(FILES)
        for size in SIZES:
            icon = archive.read(f"icons/icon-{size}.png")
            assert struct.unpack(">II", icon[16:24]) == (size, size)
        for name in names:
            if name.endswith((".js", ".html", ".css")):
                text = archive.read(name).decode()
                assert "sourceMappingURL" not in text
                assert str(EXTENSION) not in text


@pytest.mark.parametrize("browser", ["chrome", "firefox"])
def test_it_asks_for_no_more_than_it_needs(packages: dict[str, Path], browser: str) -> None:
    told = manifest(packages[browser])
    assert sorted(told["permissions"]) == ["activeTab", "contextMenus", "scripting", "storage"]
    assert told["host_permissions"] == ["http://127.0.0.1/*"]
    assert told["optional_host_permissions"] == ["http://*/*", "https://*/*"]
    # Nobody else may talk to it or load its files, and no page has it before the reader wants it.
    closed = (
        "web_accessible_resources",
        "externally_connectable",
        "content_scripts",
        "content_security_policy",
    )
    assert not [key for key in (*closed, "optional_permissions") if key in told]


def test_each_browser_gets_its_own_keys(packages: dict[str, Path]) -> None:
    chrome, firefox = manifest(packages["chrome"]), manifest(packages["firefox"])
    assert chrome["background"] == {"service_worker": "background.js"}
    assert "browser_specific_settings" not in chrome
    assert firefox["background"] == {"scripts": ["background.js"]}
    assert "minimum_chrome_version" not in firefox
    gecko = firefox["browser_specific_settings"]["gecko"]
    assert gecko["data_collection_permissions"] == {"required": ["none"]}


def test_the_same_sources_make_the_same_bytes(packages: dict[str, Path], tmp_path: Path) -> None:
    again = package(tmp_path, TZ="Asia/Tokyo", LC_ALL="C")
    assert {name: path.read_bytes() for name, path in again.items()} == {
        name: path.read_bytes() for name, path in packages.items()
    }


def test_what_is_for_chrome_runs_there(
    packages: dict[str, Path], tmp_path: Path, site: Site, answers: Site
) -> None:
    with zipfile.ZipFile(packages["chrome"]) as archive:
        archive.extractall(tmp_path)
    with contextlib.closing(Chromium(tmp_path)) as browser:
        is_read_without_errors(browser, site, answers)


def test_what_is_for_firefox_runs_there(packages: dict[str, Path], site: Site, answers: Site) -> None:
    with contextlib.closing(Firefox(packages["firefox"])) as browser:
        is_read_without_errors(browser, site, answers)


def is_read_without_errors(browser: Browser, site: Site, answers: Site) -> None:
    browser.forget_errors()
    browser.use_server(answers.origin)
    with read_page(browser, site.url("strict.html")) as page:
        assert len(wait_for_marks(page)) >= 12
    assert browser.errors() == []


@pytest.fixture
def german(extension: Path, tmp_path: Path) -> Path:
    """The extension as a German browser shows it: such browsers are not there, so English is taken out."""
    folder = tmp_path / "german"
    shutil.copytree(extension, folder, ignore=shutil.ignore_patterns("en"))
    told = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**told, "default_locale": "de"}))
    return folder


@pytest.mark.parametrize("kind", [Chromium, Firefox])
def test_in_german(
    german: Path, kind: type[Chromium | Firefox], site: Site, answers: Site, artifacts: Path
) -> None:
    with contextlib.closing(kind(german)) as browser:
        browser.use_server(answers.origin)
        with own_page(browser, "options.html") as options:
            assert options.evaluate("document.title") == "Sayso: Einstellungen"
            assert options.evaluate("document.documentElement.lang") == "de"
            options.screenshot(artifacts / f"options-german-{browser.name}.png")
        with read_page(browser, site.url("strict.html")) as page:
            until(lambda: "Tatsachenbehauptung" in page.panel.text("panel"), "the panel in German")
            page.screenshot(artifacts / f"panel-german-{browser.name}.png")
