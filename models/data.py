"""Labelled sentences: what each corpus says of a row, in terms of the model's five classes.

A corpus seldom says which of the five classes a sentence has; it says which of them it may have. A
row therefore carries the *set* of classes its label allows, and training maximises the probability
of that set (`models.loss`). What a corpus did not say is never guessed.

Files are tab-separated UTF-8 without quoting. The folder layout is one folder a corpus, each with
`train.tsv` and perhaps `dev.tsv`, or `all.tsv` alone.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.labels import CLASSES, FACT, MIXED_FACT, MIXED_OPINION, OPINION, OTHER

#: The codes of the project's own guideline, in the order of `labels.CLASSES`.
CODES = ("O", "F", "MO", "MF", "X")

_O, _F, _MO, _MF, _X = ({c} for c in (OPINION, FACT, MIXED_OPINION, MIXED_FACT, OTHER))
_OPINION = _O | _MO | _MF
_CLAIM = _F | _MO | _MF
_MIXED = _MO | _MF
_ANY = frozenset(range(len(CLASSES)))
_ARGUMENT_FACT = {"anecdote", "statistics", "testimony"}

# A sentence of a saved page can be longer than csv's default of 128 kB.
csv.field_size_limit(sys.maxsize)


#: What `read_annotations` calls saved pages, which are no corpus.
PAGES = "pages"

#: What `blog` calls its documents that other corpora have too begins with this.
_BLOG_PREFIXES = {"webis-editorials-16": "webis", "cmv-verifiability": "cmv"}

#: A page that shares a sentence of at least so many words with a document is taken for the same.
_TELLING_WORDS = 6

#: What a report calls the held-out sentences of corpora, all of them of news.
NEWS = "news"

#: What a report calls the held-out ones of the sentences that were written for the project.
WRITTEN = "written"

#: The sentences themselves, in the format of `read_tsv`. Those beside them, `written.tsv`, are trained on.
WRITTEN_HELD_OUT = Path(__file__).parent / "written-held-out.tsv"

#: Codes of sentences of pages and of corpora that no training may see, in the format of `read_annotations`.
HELD_OUT = Path(__file__).parent / "held-out.tsv"


class DataError(Exception):
    """A data file that cannot be read as labelled sentences; says which file, line and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled sentence.

    `allowed` is the set of classes (indices into `labels.CLASSES`) that its label leaves open;
    `document` groups the sentences of one page, so that splits and intervals go by document.
    """

    id: str
    text: str
    allowed: frozenset[int]
    source: str
    document: str


@dataclass(frozen=True, slots=True)
class Fold:
    """One of `folds` parts of `blog/train`, from 0, whole documents each: for cross-validation."""

    number: int
    folds: int

    @classmethod
    def parse(cls, text: str) -> Fold:
        """Of a command line's "K/N"; "3/4" is the last of four. Raises `argparse.ArgumentTypeError`."""
        number, _, folds = text.partition("/")
        if not (number.isdecimal() and folds.isdecimal() and int(number) < int(folds)):
            raise argparse.ArgumentTypeError(f"{text!r} is not of the form K/N, with K from 0 to N - 1")
        return cls(int(number), int(folds))

    def __str__(self) -> str:
        return f"{self.number}/{self.folds}"

    def has(self, document: str) -> bool:
        """By a hash of the document's name, so that a document stays where it is when others come."""
        return int(hashlib.sha256(document.encode()).hexdigest()[:16], 16) % self.folds == self.number


def _webis(record: Mapping[str, str]) -> set[int]:
    """Argumentative units joined to sentences ("anecdote+assumption")."""
    types = set(record["orig_label"].split("+"))
    if types == {"assumption"}:
        return _OPINION
    if types <= _ARGUMENT_FACT:
        return _F | _MF
    return set()


def _table(column: str, classes: Mapping[str, set[int]]) -> Callable[[Mapping[str, str]], set[int]]:
    return lambda record: classes.get(record[column], set())


#: What each corpus' label leaves open; an empty set leaves the row out. Read off the corpora's own
#: label definitions.
_ALLOWED: Mapping[str, Callable[[Mapping[str, str]], set[int]]] = {
    "blog": _table("code", dict(zip(CODES, (_O, _F, _MO, _MF, _X), strict=True))),
    "checkthat-subjectivity-en": _table("label", {"opinion": _OPINION, "fact": _F | _X}),
    "babe": _table("label", {"opinion": _O | _MO, "fact": _F, "mixed": _MIXED}),
    "cmv-verifiability": _table("label", {"opinion": _O, "fact": _CLAIM, "other": _X}),
    "webis-editorials-16": _webis,
    "hse-nsdc": _table("label", {"opinion": _OPINION, "fact": _F, "other": _X}),
    "policlaim": _table("label", {"fact": _CLAIM, "other": _O | _X}),
    "regulation-room-2014": _table("label", {"opinion": _O, "fact": _CLAIM}),
    "mpqa-1.2": _table(
        "orig_label", {"subj:writer": _OPINION, "obj:none": _F | _X, "obj:low-intensity-only": _F | _X}
    ),
    "claimbuster": _table("label", {"fact": _CLAIM, "other": _O | _X}),
    "cdcp": _table("label", {"fact": _CLAIM, "opinion": _OPINION, "other": _X}),
    "news-discourse": _table("orig_label", {"NA": _X}),
    "opinionated-claims-lj-wiki": _table("label", {"opinion": _OPINION}),
}

SOURCES = tuple(_ALLOWED)

#: What the released models are trained on.
DEFAULT_SOURCES = ("blog", "checkthat-subjectivity-en", "babe")


def read(data: Path, source: str, part: str) -> list[Row]:
    """The rows of one corpus' `part` ("train" or "dev") whose label says anything about the classes.

    A corpus without parts has only "train" (its `all.tsv`). `blog/dev` has two annotators; a row's
    set is the first annotator's answer (see `second_annotator`). Raises `DataError`.
    """
    return [row for row in _rows(data, source, part) if row.allowed]


def read_fold(data: Path, fold: Fold) -> list[Row]:
    """The rows of `blog/train` that `training_rows` leaves out for `fold`. Raises `DataError`."""
    return [row for row in read(data, "blog", "train") if fold.has(row.document)]


def sentences(data: Path, source: str, pages: Path | None = None) -> list[Row]:
    """The sentences of one corpus' training part, whatever their labels say: every class is allowed.

    For the source "pages" they are those of the file `pages`, without pages that have a held-out sentence.
    Raises `DataError`.
    """
    if source != PAGES:
        return [replace(row, allowed=_ANY) for row in _rows(data, source, "train")]
    if pages is None:
        raise DataError("Sentences of pages are asked for, but there is no --pages.")
    rows = [
        Row(record["id"], record["text"], _ANY, PAGES, _document(record["id"]))
        for record in records(pages, "id", "text")
    ]
    keys = {record["key"] for record in records(HELD_OUT, "key")}
    documents = {row.document for row in rows if text_key(row.text) in keys}
    return [row for row in rows if row.document not in documents]


def read_annotations(data: Path, path: Path, pages: Path | None = None) -> list[Row]:
    """The sentences that the file `path` has codes for; their source is "annotations".

    The file has the columns `key`, `code` and `source`: a sentence's `text_key`, its code by the guideline,
    and what has the sentence: a corpus (its training part), or "pages" for the file `pages` that
    `server.pages` wrote. So it can say how sentences are read that may not be copied. Where readers differed
    there are several codes with slashes between ("F/MF"), and all of them are allowed. Codes of pages are
    left out where there are none, and stderr says so. Raises `DataError`.
    """
    rows: list[Row] = []
    for source, by_key in _codes(path).items():
        if source == PAGES and pages is None:
            print(
                f"{path}: {len(by_key)} sentences of pages left out, as there is no --pages.", file=sys.stderr
            )
            continue
        file = pages if source == PAGES and pages else _file(data, source, "train")
        found = list(_find(by_key, file, source))
        if len(found) < len(by_key):
            print(
                f"{path}: {len(by_key) - len(found)} of {len(by_key)} sentences are not in {file}.",
                file=sys.stderr,
            )
        rows += found
    return rows


def held_out(data: Path | None, pages: Path | None) -> dict[str, list[Row]]:
    """By the name of a set the sentences of it that nothing is trained on; sets without any are left out.

    "pages" are in the file `pages`, "news" in the corpora in `data`, "written" in the project itself. Raises
    `DataError`.
    """
    codes = _codes(HELD_OUT)
    sets: dict[str, list[Row]] = {}
    if pages:
        sets[PAGES] = list(_find(codes.get(PAGES, {}), pages, PAGES))
    if data:
        files = {source: _file(data, source, "train") for source in codes if source != PAGES}
        sets[NEWS] = [
            row
            for source, file in files.items()
            if file.exists()
            for row in _find(codes[source], file, source)
        ]
    sets[WRITTEN] = read_tsv(WRITTEN_HELD_OUT)
    return {name: rows for name, rows in sets.items() if rows}


def text_key(text: str) -> str:
    """64 bits of a hash of a text, white space aside, in hexadecimal: says which text without holding it."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def second_annotator(data: Path) -> list[str]:
    """The second annotator's codes of `blog/dev`, in its order."""
    return [record["B"] for record in records(data / "blog" / "dev.tsv", "B")]


def read_tsv(path: Path) -> list[Row]:
    """Rows of any `id text label` file; `label` is a code, a class name or a label (`opinion`, …).

    A plain "opinion" or "fact" leaves the mixed class leaning that way open too. Several codes with slashes
    between ("O/MO/MF") leave open which of them it is. Raises `DataError`.
    """
    names = {
        **dict(zip(CODES, ({c} for c in range(5)), strict=True)),
        **dict(zip(CLASSES, ({c} for c in range(5)), strict=True)),
        "opinion": _O | _MO,
        "fact": _F | _MF,
        "mixed": _MIXED,
    }
    rows = []
    for number, record in enumerate(records(path, "id", "text", "label"), start=2):
        codes = record["label"].split("/")
        if len(codes) > 1 and {*codes} <= {*CODES}:
            allowed = {CODES.index(code) for code in codes}
        elif record["label"] in names:
            allowed = names[record["label"]]
        else:
            raise DataError(f"{path}, line {number}: {record['label']!r} is none of {', '.join(names)}.")
        rows.append(Row(record["id"], record["text"], frozenset(allowed), path.stem, record["id"]))
    return rows


def training_rows(
    data: Path,
    sources: Iterable[str],
    *,
    tables: Iterable[Path] = (),
    annotations: Path | None = None,
    pages: Path | None = None,
    unlabelled: Iterable[str] = (),
    fold: Fold | None = None,
) -> list[Row]:
    """What there is to train on, each text once; without those that stand in a dev part or are held out.

    With `fold` also without that part of `blog/train`, and without what else there is of its documents.

    Labelled rows are those of `tables` (see `read_tsv`), the `train` rows of `sources`, and what of other
    corpora and of `pages` has `annotations` (see `read_annotations`). Where a text stands in several the
    first of these wins, so name the most trusted first. Of the corpora `unlabelled` and the files `texts` (a
    sentence a line) only the sentences are taken: their rows allow every class, and it is a teacher who
    knows more (`models.soft_targets`). Raises `DataError`.
    """
    dev_parts = sorted(data.glob("*/dev.tsv"))
    left_out = {_key(record["text"]) for path in dev_parts for record in records(path, "text")}
    left_out |= {_key(row.text) for sentences in held_out(data, pages).values() for row in sentences}
    by_hash = {record["key"] for record in records(HELD_OUT, "key")}
    if fold:
        left_out |= set(map(_key, _texts_of(read_fold(data, fold), data, pages)))
    rows: dict[str, Row] = {}

    def take(found: Iterable[Row]) -> None:
        for row in found:
            key = _key(row.text)
            if key not in left_out and text_key(row.text) not in by_hash:
                rows.setdefault(key, row)

    for table in tables:
        take(read_tsv(table))
    for source in sources:
        take(read(data, source, "train"))
    if annotations:
        take(read_annotations(data, annotations, pages))
    for source in unlabelled:
        take(sentences(data, source, pages))
    return list(rows.values())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say what `training_rows` gives: see `chosen_rows`."""

    def names(text: str) -> tuple[str, ...]:
        return tuple(text.split(",")) if text else ()

    parser.add_argument("--data", type=Path, required=True, help="folder with one folder a corpus")
    parser.add_argument(
        "--sources",
        type=names,
        default=DEFAULT_SOURCES,
        help="labelled corpora, most trusted first (default: %(default)s)",
    )
    parser.add_argument(
        "--tsv", type=Path, action="append", default=[], help="more labelled sentences: id, text and label"
    )
    parser.add_argument(
        "--annotations", type=Path, help="codes of sentences of other corpora, by hash (models.annotations)"
    )
    parser.add_argument("--pages", type=Path, help="sentences of saved pages (server.pages)")
    parser.add_argument(
        "--unlabelled",
        type=names,
        default=(),
        help='corpora whose sentences are used without their labels; "pages" for those of --pages',
    )
    parser.add_argument(
        "--fold",
        type=Fold.parse,
        metavar="K/N",
        help="leave out the K-th (from 0) of N parts of blog's documents (models.evaluate --fold scores it)",
    )


def chosen_rows(args: argparse.Namespace) -> list[Row]:
    """The rows that `add_arguments`' options ask for. Raises `DataError`."""
    return training_rows(
        args.data,
        args.sources,
        tables=args.tsv,
        annotations=args.annotations,
        pages=args.pages,
        unlabelled=args.unlabelled,
        fold=args.fold,
    )


def fingerprint(rows: Iterable[Row]) -> str:
    """A hash of texts and labels, to say in a log which data a run saw."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(f"{row.text}\t{sorted(row.allowed)}\n".encode())
    return digest.hexdigest()[:16]


def _rows(data: Path, source: str, part: str) -> Iterator[Row]:
    """Every row of a corpus; where its label says nothing of the classes, none is allowed."""
    if source not in _ALLOWED:
        raise DataError(f"There is no corpus {source!r}; known are: {', '.join(SOURCES)}.")
    path = _file(data, source, part)
    for number, record in enumerate(records(path, "text")):
        if "A" in record:
            record = {**record, "code": record["A"]}
        try:
            allowed = frozenset(_ALLOWED[source](record))
        except KeyError as error:
            raise DataError(f"{path} has no column {error}.") from None
        # Elsewhere than in `blog` a row stands for itself.
        identifier = record.get("id") or f"{source}:{number}"
        document = _document(identifier) if source == "blog" else identifier
        yield Row(identifier, record["text"], allowed, source, document)


def _codes(path: Path) -> dict[str, dict[str, str]]:
    """By source and key the codes that a file has, as `read_annotations` describes it."""
    codes: dict[str, dict[str, str]] = {}
    for number, record in enumerate(records(path, "key", "code", "source"), start=2):
        if not {*record["code"].split("/")} <= {*CODES}:
            raise DataError(f"{path}, line {number}: {record['code']!r} is none of {', '.join(CODES)}.")
        codes.setdefault(record["source"], {})[record["key"]] = record["code"]
    return codes


def _find(codes: Mapping[str, str], file: Path, source: str) -> Iterator[Row]:
    """The sentences of `file` that have `codes`, each once."""
    found = []
    for number, record in enumerate(records(file, "text")):
        if (key := text_key(record["text"])) in codes:
            identifier = record.get("id") or f"{source}:{number}"
            found.append((key, _document(identifier) if source == PAGES else identifier, identifier, record))
    # A sentence that stands on several pages is of the one that has most of the others.
    often = Counter(document for _, document, *_ in found)
    taken = set()
    for key, document, identifier, record in sorted(found, key=lambda each: -often[each[1]]):
        if key not in taken:
            taken.add(key)
            allowed = frozenset(CODES.index(code) for code in codes[key].split("/"))
            yield Row(identifier, record["text"], allowed, "annotations", document)


def _document(identifier: str) -> str:
    """Ids of sentences are "document:sentence"."""
    return identifier.rsplit(":", 1)[0]


def _texts_of(rows: Sequence[Row], data: Path, pages: Path | None) -> Iterator[str]:
    """The texts of `rows`, and all else that other corpora and `pages` have of their documents."""
    documents = {row.document for row in rows}
    yield from (row.text for row in rows)
    for source, prefix in _BLOG_PREFIXES.items():
        if (file := _file(data, source, "train")).exists():
            for record in records(file, "text", "source_id"):
                if f"{prefix}/{_document(record['source_id'])}" in documents:
                    yield record["text"]
    if pages:
        by_page: dict[str, list[str]] = {}
        for record in records(pages, "id", "text"):
            by_page.setdefault(_document(record["id"]), []).append(record["text"])
        # Menus and the like stand on many pages.
        telling = {_key(row.text) for row in rows if len(row.text.split()) >= _TELLING_WORDS}
        for texts in by_page.values():
            if not telling.isdisjoint(map(_key, texts)):
                yield from texts


def _file(data: Path, source: str, part: str) -> Path:
    path = data / source / f"{part}.tsv"
    return data / source / "all.tsv" if part == "train" and not path.exists() else path


def _key(text: str) -> str:
    """Equal for texts that differ only in case, white space and the curl of a quote."""
    straight = text.translate(str.maketrans("’‘“”", "''\"\""))
    return " ".join(straight.casefold().split())


def records(path: Path, *columns: str) -> Iterator[dict[str, str]]:
    """The lines of a file whose first line names at least `columns`. Raises `DataError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if not {*columns} <= {*(reader.fieldnames or ())}:
                raise DataError(f"{path}: the first line must name the columns {', '.join(columns)}.")
            for record in reader:
                if None in record or None in record.values():
                    raise DataError(f"{path}: a line has more or fewer columns than the first: {record}")
                yield record
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} could not be read: {error}") from error
