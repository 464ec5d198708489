"""Sentences typed otherwise for training: what is said stays, as often as asked for."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from models.data import Row
from models.typing_variants import typed_otherwise


def _rows(*texts: str) -> list[Row]:
    return [Row(str(i), text, frozenset({1}), "blog", "d") for i, text in enumerate(texts)]


def test_about_the_share_asked_for_is_changed_and_labels_stay() -> None:
    rows = _rows(*[f"“It’s number {i},” she said." for i in range(2000)])
    changed = typed_otherwise(rows, 0.25, seed=0)
    assert changed == typed_otherwise(rows, 0.25, seed=0), "the same seed types the same"
    differ = [new for old, new in zip(rows, changed, strict=True) if new.text != old.text]
    assert 400 < len(differ) < 600
    assert all((new.id, new.allowed) == (old.id, old.allowed) for old, new in zip(rows, changed, strict=True))
    assert typed_otherwise(rows, 0, seed=0) == rows


def test_every_way_of_typing_occurs() -> None:
    changed = typed_otherwise(_rows(*["“It’s late.”"] * 300, *["It rained."] * 300), 1, seed=1)
    kinds = Counter(
        "bullet or number" if not row.text.startswith(("It", "“It", '"It')) else row.text[-1]
        for row in changed
    )
    assert kinds["bullet or number"] > 100
    assert kinds["]"] > 10, "footnote marks"
    assert kinds["d"] > 10, "no final stop"
    texts = {row.text for row in changed}
    assert '"It\'s late."' in texts, "straight quotes"
    assert any(text.startswith("• ") for text in texts)
    assert any(text.startswith("3. ") for text in texts)
    assert any(text.endswith(" 🙂") for text in texts)


def test_straight_quotes_become_the_curly_ones_of_their_side() -> None:
    changed = typed_otherwise(_rows(*['"It\'s late," she said.'] * 50), 1, seed=2)
    assert "“It’s late,” she said." in {row.text for row in changed}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(0, 100))
def test_the_words_are_still_there(text: str, seed: int) -> None:
    straight = str.maketrans("“”‘’", "\"\"''")
    (row,) = typed_otherwise(_rows(text), 1, seed)
    assert text.translate(straight).removesuffix(".") in row.text.translate(straight)
