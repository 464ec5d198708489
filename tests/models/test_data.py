from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from models import data
from models.labels import FACT, MIXED_FACT, MIXED_OPINION, OPINION, OTHER


def _allowed(rows: list[data.Row]) -> dict[str, set[int]]:
    return {row.text: set(row.allowed) for row in rows}


def test_each_corpus_leaves_open_what_its_labels_leave_open(data_folder: Path) -> None:
    checkthat = _allowed(data.read(data_folder, "checkthat-subjectivity-en", "train"))
    assert checkthat["What a farce this inquiry has become."] == {OPINION, MIXED_OPINION, MIXED_FACT}
    assert checkthat["The inquiry sat for 40 days."] == {FACT, OTHER}
    babe = _allowed(data.read(data_folder, "babe", "train"))
    assert babe["The sneering minister left at noon."] == {MIXED_OPINION, MIXED_FACT}
    assert "The minister may leave." not in babe, "a label that says nothing leaves the row out"


def test_sentences_of_a_page_share_a_document(data_folder: Path) -> None:
    rows = data.read(data_folder, "blog", "train")
    assert {row.document for row in rows} == {"page-0", "page-1", "page-2"}


def test_first_source_wins_and_dev_texts_are_never_trained_on(data_folder: Path) -> None:
    with (data_folder / "babe" / "train.tsv").open("a", encoding="utf-8") as file:
        file.write("The BRIDGE opened on  4 June 2019.\topinion\tx\te\n")
        file.write("the library was built in 1911.\tfact\tx\tf\n")
    rows = data.training_rows(data_folder, ("blog", "babe"))
    bridge = [row for row in rows if "bridge opened" in row.text.lower()]
    assert [(row.source, row.allowed) for row in bridge] == [("blog", frozenset({FACT}))]
    assert not any("library was built" in row.text for row in rows)


def test_folds_part_the_documents_and_a_fold_is_not_trained_on(data_folder: Path) -> None:
    everything = data.read(data_folder, "blog", "train")
    folds = [data.Fold.parse(f"{number}/2") for number in range(2)]
    parts = [data.read_fold(data_folder, fold) for fold in folds]
    assert sorted(row.id for part in parts for row in part) == sorted(row.id for row in everything)
    assert {row.document for row in parts[0]}.isdisjoint(row.document for row in parts[1])
    for fold, part, other in zip(folds, parts, reversed(parts), strict=True):
        trained_on = {row.text for row in data.training_rows(data_folder, ("blog",), fold=fold)}
        assert trained_on == {row.text for row in other} - {row.text for row in part}


def test_with_a_fold_all_else_of_its_documents_is_left_out(data_folder: Path, tmp_path: Path) -> None:
    """Sentences of one article are alike, whichever corpus has them."""
    with (data_folder / "blog" / "train.tsv").open("a", encoding="utf-8") as file:
        file.write("webis/paper/7:0\tThe mayor has failed all of us who voted.\tO\n")
    webis = data_folder / "webis-editorials-16"
    webis.mkdir()
    webis.joinpath("all.tsv").write_text(
        "text\tlabel\torig_label\tsource_id\nHe should go.\topinion\tassumption\tpaper/7:p1\n"
        "She should stay.\topinion\tassumption\tpaper/8:p1\n",
        encoding="utf-8",
    )
    pages = tmp_path / "pages.tsv"
    pages.write_text(
        "id\ttext\nsaved/a:0\tThe mayor has failed all of us who voted.\nsaved/a:1\tVote him out.\n"
        "saved/b:0\tNobody knows where.\n",
        encoding="utf-8",
    )
    (fold,) = (f for f in (data.Fold(0, 2), data.Fold(1, 2)) if f.has("webis/paper/7"))
    rows = data.training_rows(
        data_folder, ("webis-editorials-16",), pages=pages, unlabelled=("pages",), fold=fold
    )
    assert {row.text for row in rows} == {"She should stay.", "Nobody knows where."}


@pytest.mark.parametrize("text", ["4/4", "-1/4", "1", "1/", "a/b", "0/0"])
def test_what_is_no_fold_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="K/N"):
        data.Fold.parse(text)


def test_the_fingerprint_changes_with_a_label(data_folder: Path) -> None:
    rows = data.read(data_folder, "blog", "train")
    changed = [data.Row(r.id, r.text, frozenset({OTHER}), r.source, r.document) for r in rows[:1]] + rows[1:]
    assert data.fingerprint(rows) != data.fingerprint(changed)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("id\ttext\tlabel\n1\tHello.\tgreeting\n", "line 2: 'greeting' is none of"),
        ("text\tlabel\nHello.\tO\n", "must name the columns"),
        ("id\ttext\tlabel\n1\ttoo\tmany\tcells\n", "more or fewer columns"),
        ("id\ttext\tlabel\n1\ttoo few\n", "more or fewer columns"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_the_reason(
    tmp_path: Path, content: str, complaint: str
) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(data.DataError, match=r"mine\.tsv") as raised:
        data.read_tsv(path)
    assert complaint in str(raised.value)


def test_binary_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.tsv").write_bytes(b"id\ttext\tlabel\n\xff\xfe\x00")
    for name in ("binary.tsv", "absent.tsv"):
        with pytest.raises(data.DataError, match=name):
            data.read_tsv(tmp_path / name)


def test_quotes_in_a_cell_are_text(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text('id\ttext\tlabel\n1\t"Fine," he said\tfact\n', encoding="utf-8")
    assert data.read_tsv(path)[0].text == '"Fine," he said'


def _annotated(folder: Path, *lines: str) -> Path:
    path = folder / "annotations.tsv"
    path.write_text("\n".join(["key\tcode\tsource", *lines]) + "\n", encoding="utf-8")
    return path


def test_a_code_by_hash_finds_its_sentence_and_stands_behind_labelled_corpora(
    data_folder: Path, tmp_path: Path
) -> None:
    unsaid, labelled = "The minister may leave.", "The sneering minister left at noon."
    path = _annotated(
        tmp_path,
        f"{data.text_key(f' {unsaid}  ')}\tMF\tbabe",
        f"{data.text_key(labelled)}\tO\tbabe",
        f"{data.text_key('The library was built in 1911.')}\tX\tbabe",
        f"{data.text_key('A sentence that is nowhere.')}\tX\tbabe",
    )
    rows = data.training_rows(data_folder, ("blog", "babe"), annotations=path)
    by_text = {row.text: row for row in rows}
    assert (by_text[unsaid].source, by_text[unsaid].allowed) == ("annotations", {MIXED_FACT})
    assert by_text[labelled].source == "babe"
    assert "The library was built in 1911." not in by_text, "it is held out"
    assert sum(row.source == "annotations" for row in rows) == 1


def test_sentences_of_pages_are_found_in_their_file_and_those_held_out_are_not_trained_on(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = tmp_path / "pages.tsv"
    pages.write_text(
        "id\ttext\nsaved/a:0\tThe dam is a marvel.\nsaved/a:1\tIt holds.\nsaved/b:0\tIt leaks.\n"
        "saved/b:1\tNobody knows where.\n",
        encoding="utf-8",
    )
    annotated = _annotated(tmp_path, f"{data.text_key('The dam is a marvel.')}\tO\tpages")
    held_out = tmp_path / "held-out.tsv"
    held_out.write_text(f"key\tcode\tsource\n{data.text_key('It leaks.')}\tF\tpages\n", encoding="utf-8")
    monkeypatch.setattr(data, "HELD_OUT", held_out)

    (row,) = data.held_out(None, pages)["pages"]
    assert (row.text, row.document, row.allowed) == ("It leaks.", "saved/b", {FACT})
    rows = data.training_rows(data_folder, (), annotations=annotated, pages=pages, unlabelled=("pages",))
    assert [(row.text, row.source, len(row.allowed)) for row in rows] == [
        ("The dam is a marvel.", "annotations", 1),
        ("It holds.", "pages", 5),
    ]
    with pytest.raises(data.DataError, match="no --pages"):
        data.training_rows(data_folder, (), unlabelled=("pages",))
    assert data.training_rows(data_folder, (), annotations=annotated) == []
    assert "1 sentences of pages left out, as there is no --pages" in capsys.readouterr().err


def test_a_code_of_readers_who_differed_allows_what_each_said(data_folder: Path, tmp_path: Path) -> None:
    path = _annotated(tmp_path, f"{data.text_key('The minister may leave.')}\tF/O\tbabe")
    (row,) = data.read_annotations(data_folder, path)
    assert row.allowed == {OPINION, FACT}


def test_held_out_sentences_of_corpora_are_scored_and_not_trained_on(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_out = tmp_path / "held-out.tsv"
    codes = [("The minister left at noon.", "F", "babe"), ("Not in this folder.", "O", "hse-nsdc")]
    lines = ["key\tcode\tsource", *(f"{data.text_key(text)}\t{code}\t{of}" for text, code, of in codes)]
    held_out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr(data, "HELD_OUT", held_out)

    (row,) = data.held_out(data_folder, None)["news"]
    assert (row.text, row.allowed) == ("The minister left at noon.", {FACT})
    trained_on = {row.text.casefold() for row in data.training_rows(data_folder, ("babe",))}
    assert trained_on
    assert "the minister left at noon." not in trained_on


@pytest.mark.parametrize(
    ("line", "complaint"),
    [("0123\tfact\tbabe", "line 2: 'fact' is none of O, F"), ("0123\tF\tnowhere", "nowhere")],
)
def test_bad_annotations_are_refused(data_folder: Path, tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(data.DataError, match=complaint):
        data.training_rows(data_folder, ("blog",), annotations=_annotated(tmp_path, line))
