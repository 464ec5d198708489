"""Sentences of saved pages: `python -m server.pages EXTRACTED.jsonl … --out FILE`.

`npm run extract -- DIR EXTRACTED.jsonl` writes what the extension would send of each page in a folder; this
splits each of its lines as the server does. (A line break inside of a block ends a sentence here, and would
not when the block is sent.) So a model can be trained and scored on what the product reads (`--pages FILE`
of `models.train` and others, for sentences that `models/annotations.tsv` and `models/held-out.tsv` have
codes for), and the pages themselves stay where they are.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from server.segmentation import sentences


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m server.pages", description=__doc__)
    parser.add_argument("extracted", type=Path, nargs="+", help="what `npm run extract` wrote")
    parser.add_argument("--out", type=Path, required=True, help="file with the columns id and text")
    args = parser.parse_args(arguments)
    rows: list[tuple[str, str]] = []
    for path in args.extracted:
        try:
            rows += _sentences(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(f"{path} could not be read as extracted pages: {error}", file=sys.stderr)
            return 2
    try:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        temporary = args.out.with_suffix(".tmp")
        lines = (f"{identifier}\t{text}\n" for identifier, text in rows)
        temporary.write_text("id\ttext\n" + "".join(lines), encoding="utf-8")
        temporary.replace(args.out)
    except (OSError, UnicodeError) as error:
        print(f"{args.out} could not be written: {error}", file=sys.stderr)
        return 2
    print(f"{len(rows)} sentences to {args.out}")
    return 0


def _sentences(path: Path) -> Iterator[tuple[str, str]]:
    """Ids, "file/page:number", and sentences, in the order of the page."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            page = json.loads(line)
            identifier, text = page["id"], page["text"]
            if not isinstance(identifier, str) or not isinstance(text, str):
                raise ValueError("a page's id or text is no text")
            if "error" in page:
                print(f"{path}: {identifier} left out: {page['error']}", file=sys.stderr)
            found = [
                " ".join(block[span.start : span.end].split())
                for block in text.split("\n")
                for span in sentences(block)
            ]
            # An id goes into a column, so it is one line without tabs.
            name = f"{path.stem}/{' '.join(identifier.split())}"
            yield from ((f"{name}:{i}", sentence) for i, sentence in enumerate(found))


if __name__ == "__main__":
    sys.exit(main())
