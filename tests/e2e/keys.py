"""Keys by name, as the two browsers' protocols call them."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """Windows' virtual key code, which CDP takes, and WebDriver's code point."""

    windows: int
    webdriver: str


KEYS = {
    "Tab": Key(9, "\ue004"),
    "Enter": Key(13, "\ue007"),
    "Escape": Key(27, "\ue00c"),
    "Space": Key(32, " "),
    "End": Key(35, "\ue010"),
    "Home": Key(36, "\ue011"),
    "ArrowLeft": Key(37, "\ue012"),
    "ArrowUp": Key(38, "\ue013"),
    "ArrowRight": Key(39, "\ue014"),
    "ArrowDown": Key(40, "\ue015"),
}
