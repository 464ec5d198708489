"""Keep codes without the sentences they are of: `python -m models.annotations LABELLED.tsv --out FILE`.

Sentences of the corpora may not be copied, what is thought of them may. From a file with the columns
`source`, `text` and `code` (a corpus, one of its sentences, that sentence's code by the guideline) this
makes one with a hash in the sentence's place; `models.train --annotations` finds the sentence again where
the corpora are. How the released file came about is in `docs/models.md`.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from models import data


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.annotations", description=__doc__)
    parser.add_argument("labelled", type=Path, help="file with the columns source, text and code")
    parser.add_argument("--out", type=Path, required=True, help="file with the columns key, code and source")
    args = parser.parse_args(arguments)
    try:
        records = data.records(args.labelled, "source", "text", "code")
        lines = sorted({(r["source"], data.text_key(r["text"]), r["code"]) for r in records})
    except data.DataError as error:
        print(error, file=sys.stderr)
        return 2
    with args.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("key", "code", "source"))
        writer.writerows((key, code, source) for source, key, code in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
