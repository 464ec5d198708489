"""A small data folder in the layout of the real one, with sentences written for it."""

from __future__ import annotations

from pathlib import Path

import pytest

_OPINIONS = [
    "The new bridge is an eyesore and a waste of good steel.",
    "Nobody in their right mind would cycle down that road.",
    "I think the mayor has lost her nerve.",
    "It is high time we closed the old quarry for good.",
    "This is the most charming café in the valley.",
    "They should have listened to the nurses long ago.",
]
_FACTS = [
    "The bridge opened on 4 June 2019.",
    "The council employs 212 people.",
    "Rain fell on eleven days in April.",
    "The quarry closed in 1987 after a flood.",
    "The café belongs to two sisters from Porto.",
    "Nurses at the clinic went on strike twice last year.",
]
_OTHERS = [
    "Read more below.",
    "What happens next?",
    "Share this post",
    "By our staff",
    "Chapter 3",
    "Thank you!",
]


@pytest.fixture
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`blog` with both parts, `checkthat-subjectivity-en` with partial labels, and `babe`."""
    folder = tmp_path_factory.mktemp("data")
    coded = [(text, "O") for text in _OPINIONS] + [(text, "F") for text in _FACTS]
    coded += [(text, "X") for text in _OTHERS]
    coded += [("The shameful vote passed by nine to four.", "MO"), ("Sadly, 40 trees were felled.", "MF")]
    _write(
        folder / "blog" / "train.tsv",
        ["id\ttext\tcode", *(f"page-{i % 3}:{i}\t{text}\t{code}" for i, (text, code) in enumerate(coded))],
    )
    _write(
        folder / "blog" / "dev.tsv",
        [
            "id\ttext\tA\tB",
            "dev-1:0\tThe library was built in 1911.\tF\tF",
            "dev-1:1\tIt is the ugliest library in town.\tO\tO",
            "dev-2:0\tSubscribe now\tX\tX",
            "dev-2:1\tThe absurd ban fined 30 shops.\tMF\tMO",
        ],
    )
    _write(
        folder / "checkthat-subjectivity-en" / "train.tsv",
        [
            "text\tlabel\torig_label\tsource_id",
            "What a farce this inquiry has become.\topinion\tSUBJ\ta",
            "The inquiry sat for 40 days.\tfact\tOBJ\tb",
        ],
    )
    _write(
        folder / "babe" / "train.tsv",
        [
            "text\tlabel\torig_label\tsource_id",
            "The minister's tantrum fooled no one.\topinion\tExpresses writer’s opinion\ta",
            "The minister left at noon.\tfact\tEntirely factual\tb",
            "The sneering minister left at noon.\tmixed\tSomewhat factual but also opinionated\tc",
            "The minister may leave.\tunknown\tNo agreement\td",
        ],
    )
    return folder


def _write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
