"""The built extension: used as it is when it is newer than its sources, else built."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

EXTENSION = Path(__file__).parent.parent.parent / "extension"
DIST = EXTENSION / "dist"
NOT_SOURCES = {"dist", "node_modules", "artifacts", "coverage", "tests"}


def newest_source() -> float:
    """When a source of the extension was last changed, in seconds since the epoch."""
    return max(
        file.stat().st_mtime
        for top in EXTENSION.iterdir()
        if top.name not in NOT_SOURCES and not top.name.startswith(".")
        for file in ([top] if top.is_file() else top.rglob("*"))
        if file.is_file() and ".test." not in file.name
    )


def is_current() -> bool:
    """Is there a build, and is it newer than all sources?"""
    manifest = DIST / "manifest.json"
    if not manifest.exists():
        return False
    return max(file.stat().st_mtime for file in DIST.rglob("*") if file.is_file()) >= newest_source()


def built_extension() -> Path:
    """The folder to load, built first if it must be."""
    if is_current():
        return DIST
    assert shutil.which("npm"), "The extension is not built and Node.js is missing: install Node 20 or newer"
    commands = [["npm", "run", "build"]]
    if not (EXTENSION / "node_modules").is_dir():
        commands.insert(0, ["npm", "ci"])
    for command in commands:
        done = subprocess.run(command, cwd=EXTENSION, capture_output=True, text=True, check=False)
        output = f"{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, f"`{' '.join(command)}` in extension/ failed:\n{output}"
    return DIST
