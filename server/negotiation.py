"""Which of two media types a client would rather have, by its Accept header."""

from __future__ import annotations

JSON = "application/json"
JSON_LINES = "application/jsonl"


def prefers_lines(accept: str) -> bool:
    """Does `Accept` ask for JSON Lines?

    Only by name: who takes anything gets JSON. Where both are named the one with the larger q is
    taken, or the first. A header that accepts neither gets JSON, which serves it better than a
    refusal.
    """
    named: dict[str, float] = {}
    for item in accept.split(","):
        media_range, *parameters = (part.strip().lower() for part in item.split(";"))
        if media_range in (JSON, JSON_LINES):
            named.setdefault(media_range, _quality(parameters))
    # Python keeps insertion order and `max` takes the first of equals.
    return bool(named) and max(named, key=named.__getitem__) == JSON_LINES and named[JSON_LINES] > 0


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
