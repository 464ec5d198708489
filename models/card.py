"""The model card: prose, and every figure from `evaluation.json` beside it.

A model that asks another in doubt has two: `README.md` is about both as one, `quick.md` about it alone.
`python -m models.card FOLDER` writes the card again after a change of the prose.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from models import compact
from models.card_training import BASES, corpora, training
from models.cascade import Recipe
from models.data import NEWS, PAGES, WRITTEN
from models.engine import Engine, ModelError, classify_all
from models.evaluate import BEST_THRESHOLD
from models.labels import judge
from models.loading import folders_of, load_engine
from models.markdown import table
from models.probes import PROBES
from models.released import read
from models.runs import CASCADE_RELEASE, RELEASE

#: The card of a model alone that asks another in doubt.
QUICK = "quick.md"

#: Of the figures of `models.evaluate` the one that says most.
_ACCURACY = "accuracy, opinion/fact/other"

_CARD = """\
---
language: en
license: other
license_name: research-and-personal-use
pipeline_tag: text-classification
library_name: {library}
base_model: {base_model}
tags: [subjectivity, factual-claims, sentence-classification]
datasets: [{datasets}]
metrics: [accuracy, f1]
model-index:
- name: {id}
  results:
{results}
---

<!-- Written by `python -m models.card`; change the prose there, the figures by releasing again. -->

# {id}

Reads one English sentence and says what *kind* it is: opinion, factual claim, a mixture, or neither.
It never says whether a sentence is true.

{files}

| class | opinion? | checkable claim? |
|---|---|---|
| `opinion` | yes | no |
| `fact` | no | yes |
| `mixed_opinion`, `mixed_fact` | yes | yes; the class says which it is mainly there for |
| `other` | no | no: questions, headings, instructions, captions, menus |

A reader sees `opinion` (opinion + mixed_opinion), `fact` (fact + mixed_fact) or `other`, with that sum
as the confidence.

```python
from pathlib import Path

from models.engine import classify_all
from models.labels import judge
from models.loading import load_engine

judge(classify_all(load_engine(Path("{folder}"){quick}), ["The plan is a disgrace and it will never work."]))
```

A running server gives the same through `POST /v1/classify`.

## For, and not for

For showing readers of blog posts and news which sentences argue and which report, for counting both in
a text, and for teaching the difference. Not for judging whether a claim is true, whether a text is fair,
or a person; not for moderation or ranking; not for languages other than English. A sentence is read on
its own: a quotation whose speaker is named one sentence earlier is read as if the writer said it.

## Figures

Command: `{command}`
(the same tables: `python -m models.evaluate --data DIR --pages FILE --model FOLDER{option}`), with the
integers that are served, on {machine}. Where a processor has other
instructions, sums are rounded otherwise, by which a few labels of a thousand differ.
Brackets are 95 % intervals from resampling whole documents. `blog` is the `dev` part of the project's own
set: {blog_rows} sentences of {blog_pages} pages that training never saw. It was used to decide and to
calibrate, so it is a development figure, not a test. Its labels come from a large language model
following the project's guideline, not from people; a second such annotator agrees with the first on
{ceiling:.3f} of the labels.{pages}

{figures}

{decided}

On `blog` (gold by row, answer by column):

{confusion}

Accuracy over opinion, fact and other by the length of a sentence, with the number of sentences:

{lengths}

and by the page of `blog` that it is from:

{parts}

How far a stated confidence is what comes true:

![Reliability]({plot})

{reliability}

That is of the pages that the confidence was calibrated on. Of sentences that it was not calibrated on the
calibration error is {calibration}.

Which reading it follows: this project's guideline, not CheckThat's. CheckThat's SUBJ is narrower than this
model's opinion (it leaves out feelings and predictions that draw no conclusion), so at a threshold of 0.5 the
model finds more opinion there than CheckThat's annotators. Who wants their reading takes the sum of
`opinion`, `mixed_opinion` and `mixed_fact` from {threshold:.2f} upwards as SUBJ; that threshold was fitted on
the very rows that the table reports it for (`models.evaluate --threshold` applies one to others).

## Size and speed

The fast engine reads {megabytes:.0f} MB from disk. Of the {blog_rows} sentences of `blog`, all given at once,
it reads so many a second; `python -m models.speed --model FOLDER --data DIR` measures the machine that it
runs on and adds it here. Both engines take turns, and the middle of three rounds counts. Machines are shared
with other programs: only the figures of a line compare.{alone}

{speed}

## What should not move an answer

Command: `python -m models.robustness --data DIR --model FOLDER{option}`; the sentences about names and the
texts of pages are this project's own (`models/perturbations.py`).

How the sentences of `blog` are typed. Half a sentence need not be of its whole's kind:

{typing}

Whom a sentence is about. A label should not move with the name; of "other names" none was put in another's
place in training:

{names}

Texts of a page that are neither opinion nor claim:

{neither}

## Training

{training}

## Known failures

Of {probes} hard sentences written for this card, which no model learnt from, this revision reads {wrong}
otherwise than a careful reader. These come first:

{failures}
"""

_FILES = """\
| | revision | on disk | runs under |
|---|---|---|---|
| `weights.safetensors.gz`, `openvino/` | `{revision}` | {served_megabytes:.0f} MB | OpenVINO: served |
| `weights.safetensors.gz` | `{reference}` | {megabytes:.0f} MB | torch, in fp32: the reference |

For other programs `python -m models.compact FOLDER` writes the weights as `model.safetensors`, in fp16."""

_CASCADE_FILES = """\
Two models as one (`models/cascade.py`):

| | model | revision | on disk |
|---|---|---|---|
| reads every sentence | [{first}]({quick}) | `{first_revision}` | {first_megabytes:.0f} MB |
| is asked in doubt | [{second}](../{folder}/README.md) | `{second_revision}` | {second_megabytes:.0f} MB |
| both, under OpenVINO: served | | `{revision}` | {megabytes:.0f} MB |
| both, under torch, in fp32: the reference | | `{reference}` | |

Other programs know no cascades: for them this folder holds the first model alone, once
`python -m models.compact FOLDER` has written its weights as `model.safetensors`, in fp16."""

_RELEASE = "python -m models.release --run RUN --data DIR --pages FILE --id {id} --{rounding}"

_DECIDED = """\
Confidence: one temperature ({temperature:.2f}) fitted on `blog` and folded into the last layer. Calibration
error on `blog` when each page's temperature comes from the other pages: {cross_fitted:.3f}.{rounded_from}
The weights are stored in integers (`models/compact.py`), which by itself changed
{flips} of {blog_rows} labels (largest change of a probability {change:.4f}). With the 8-bit integers that the
fast engine computes in it is {int8_flips} (largest change {int8_change:.2f}, mean {int8_mean:.4f}), and the
accuracy over opinion, fact and other went from {accuracy_fp32:.4f} to {accuracy_int8:.4f}. Their scales were
fitted once, on sentences of the training parts, so that an answer does not depend on the other sentences of a
batch."""

_CASCADE_COMMAND = (
    "python -m models.release_cascade --model FOLDER --second {second} --second-alone {second_alone:g} "
    "--first-alone {first_alone:g} --data DIR --pages FILE"
)

_ALONE = f" The first model alone, on the same machines, is in [{QUICK}]({QUICK})."

_CASCADE_DECIDED = """\
Where the first model's confidence is {second_alone:g} or less the second one's answer counts alone, from
{first_alone:g} the first one's, and between them the answer passes from the one to the other in proportion.
Both numbers were chosen on the sets above. Nothing was trained or calibrated for it: each model has its own
temperature. The second model takes most of the time. It was asked about this share of the sentences:

{asked}"""

_CASCADE_TRAINING = """\
The first model, in this folder:

{first}

The second one is described in [its own card](../{second}/README.md)."""

_ROUNDED_FROM = """
The run was not kept: these integers were rounded from those released before (revision `{revision}`), in
which the temperature is already, and the changes below are against those."""

_PAGES = """ `pages` are {rows} sentences of {documents} other saved pages, as the extension
sends them. No training saw these sentences either, but of some of the pages others; `docs/models.md` has the
figures of the rest, and how their labels were made."""

_NEWS = """
`news` are {rows} sentences of news corpora; two or three runs of a language model read each. They are held
out by sentence: of most of their articles other sentences may be among those trained on."""

_WRITTEN = """ `written` are {rows} sentences that a language model wrote for the project, most of them
hard cases (`models/written-held-out.tsv`); what it wrote just before them was trained on where `written` is
among the corpora of the training, so they say whether that was learnt, and little about pages."""


def write_card(folder: Path) -> None:
    """Write `folder/README.md` from a release's record and the answers of the model in `folder`.

    Of a model that asks another, `quick.md` as well. Raises `ModelError` for a record that is missing or of
    other weights.
    """
    alone = read(folder, RELEASE)
    recipe = Recipe.read(folder)
    if recipe is None:
        _write(folder, "README.md", _of_model(folder, alone), alone, load_engine(folder, "openvino"))
        return
    _write(folder, QUICK, _of_model(folder, alone), alone, load_engine(folder, "openvino", quick=True))
    both = read(folder, CASCADE_RELEASE)
    about = _of_cascade(folder, recipe, both, alone)
    _write(folder, "README.md", about, both, load_engine(folder, "openvino"))


def _write(
    folder: Path, name: str, own: Mapping[str, Any], record: Mapping[str, Any], engine: Engine
) -> None:
    """Write the card `name` of what `record` says of `engine`; `own` is what no other kind of model has."""
    if engine.info.revision != record["model"]["revision"]:
        raise ModelError(
            f"The weights in {folder} are revision {engine.info.revision}, and its record is of "
            f"{record['model']['revision']}: release it again (`models.release`, `models.release_cascade`)."
        )
    answered = _probes(engine)
    plot = Path(name).with_suffix(".svg").name.replace("README", "reliability")
    blog = next(s for s in record["sets"] if s["set"] == "blog")
    card = _CARD.format(
        **own,
        id=record["model"]["id"],
        blog_rows=sum(map(sum, blog["confusion"])),
        blog_pages=len(blog["parts"]) - sum(_is_length(part) for part in blog["parts"]),
        machine=record["machine"],
        results="\n".join(_results(record["sets"])),
        ceiling=record["annotators"]["value"],
        pages=_held_out(record["sets"]),
        figures=_figures(record["sets"]),
        confusion=table(
            ("", "opinion", "fact", "other"),
            [(n, *line) for n, line in zip(("opinion", "fact", "other"), blog["confusion"], strict=True)],
        ),
        lengths=_lengths(record["sets"]),
        parts=table(
            ("", "accuracy", "95 % interval", "sentences"),
            [
                (f["name"], f"{f['value']:.3f}", f"{f['low']:.3f}–{f['high']:.3f}", f["rows"])
                for f in blog["parts"]
                if not _is_length(f)
            ],
        ),
        calibration=_calibration(record["sets"]),
        reliability=table(
            ("confidence stated", "share right", "sentences"),
            [
                (f"{b['confidence']:.2f}", f"{b['accuracy']:.2f}", b["count"])
                for b in blog["reliability"]
                if b["count"]
            ],
        ),
        typing=table(
            ("change", "sentences", "with another label", "accuracy before", "after"),
            [
                (
                    line["change"],
                    line["sentences"],
                    f"{line['other_label']:.1%}",
                    f"{line['accuracy_before']:.3f}",
                    f"{line['accuracy_after']:.3f}",
                )
                for line in record["robustness"]["typing"]
            ],
        ),
        names=table(
            ("slot", "templates", "names", "templates with one label", "answers right", "largest change"),
            [
                (
                    line["slot"],
                    line["templates"],
                    line["fillings"],
                    f"{line['one_label']:.0%}",
                    f"{line['right']:.0%}",
                    f"{line['largest_change']:.2f}",
                )
                for line in record["robustness"]["names"]
            ],
        ),
        neither=table(
            ("kind", "texts", "called other"),
            [
                (line["kind"], line["texts"], f"{line['other']:.0%}")
                for line in record["robustness"]["neither"]
            ],
        ),
        speed=table(
            ("machine", "served, under OpenVINO", "the reference, torch in fp32"),
            [
                (line["machine"], f"{line['served']:,.0f}", f"{line['reference']:,.0f}")
                for line in record["speed"]
            ],
        ),
        threshold=_threshold(record["sets"]),
        probes=len(PROBES),
        wrong=sum(wrong for wrong, _ in answered),
        failures=table(
            ("sentence", "a careful reader", "why it is hard", "this model"),
            [line for _, line in sorted(answered, key=lambda each: not each[0])],
        ),
        plot=plot,
        folder=folder.name,
        quick=", quick=True" if name == QUICK else "",
        option=" --quick" if name == QUICK else "",
    )
    (folder / name).write_text(card, encoding="utf-8")
    _plot_reliability(blog["reliability"], folder / plot)


def _rounding(exported: Mapping[str, Any]) -> str:
    """The option of `models.export` that says how coarse the integers are."""
    (option,) = {"loss", "resolution"} & exported.keys()
    return f"{option} {exported[option]:g}"


def _of_model(folder: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """What the card says of a model with weights of its own."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    exported = json.loads((folder / "openvino" / "export.json").read_text(encoding="utf-8"))
    integers = record["integers"]
    base_model, base = BASES[config["model_type"]]
    blog = next(s for s in record["sets"] if s["set"] == "blog")
    return {
        "library": "transformers",
        "base_model": base_model,
        "megabytes": _served_megabytes(folder),
        "alone": "",
        "files": _FILES.format(
            revision=record["model"]["revision"],
            reference=record["reference"]["revision"],
            megabytes=_megabytes([folder / compact.WEIGHTS]),
            served_megabytes=_served_megabytes(folder),
        ),
        "datasets": ", ".join(corpora(record["run"])),
        "command": _RELEASE.format(id=record["model"]["id"], rounding=_rounding(exported)),
        "decided": _DECIDED.format(
            temperature=record["temperature"],
            cross_fitted=record["calibration_error_cross_fitted"],
            rounded_from=_ROUNDED_FROM.format(revision=before)
            if (before := record.get("rounded_from"))
            else "",
            flips=record["stored_label_flips"],
            change=record["stored_largest_change"],
            blog_rows=sum(map(sum, blog["confusion"])),
            int8_flips=integers["label_flips"],
            int8_change=integers["largest_change"],
            int8_mean=integers["mean_change"],
            accuracy_fp32=integers["accuracy_fp32"],
            accuracy_int8=integers["accuracy_int8"],
        ),
        "training": training(record["run"], config, base),
    }


def _of_cascade(
    folder: Path, recipe: Recipe, record: Mapping[str, Any], alone: Mapping[str, Any]
) -> dict[str, Any]:
    """What the card says of two models as one; `alone` is the record of the first."""
    folders = folders_of(folder)
    sizes = [_served_megabytes(each) for each in folders]
    first, second = (json.loads((each / "config.json").read_text(encoding="utf-8")) for each in folders)
    asked = read(folders[1], RELEASE)
    bases = [BASES[config["model_type"]] for config in (first, second)]
    return {
        "library": "sayso",  # transformers knows no cascades
        "base_model": f"[{', '.join(hub for hub, _ in bases)}]",
        "megabytes": sum(sizes),
        "alone": _ALONE,
        "files": _CASCADE_FILES.format(
            first=alone["model"]["id"],
            second=asked["model"]["id"],
            folder=recipe.second,
            quick=QUICK,
            first_revision=alone["model"]["revision"],
            second_revision=asked["model"]["revision"],
            first_megabytes=sizes[0],
            second_megabytes=sizes[1],
            megabytes=sum(sizes),
            revision=record["model"]["revision"],
            reference=record["reference"]["revision"],
        ),
        "datasets": ", ".join(dict.fromkeys([*corpora(alone["run"]), *corpora(asked["run"])])),
        "command": _CASCADE_COMMAND.format(**asdict(recipe)),
        "decided": _CASCADE_DECIDED.format(
            second_alone=recipe.second_alone,
            first_alone=recipe.first_alone,
            asked=table(
                ("set", "second model asked"), [(n, f"{share:.0%}") for n, share in record["asked"].items()]
            ),
        ),
        "training": _CASCADE_TRAINING.format(
            first=training(alone["run"], first, bases[0][1]), second=recipe.second
        ),
    }


def _held_out(sets: Sequence[Mapping[str, Any]]) -> str:
    """What the sets are that are no corpus' dev part."""
    about = {PAGES: _PAGES, NEWS: _NEWS, WRITTEN: _WRITTEN}
    said = ""
    for scored in sets:
        if scored["set"] in about:
            lengths = sum(map(_is_length, scored["parts"]))
            said += about[scored["set"]].format(
                rows=sum(map(sum, scored["confusion"])), documents=len(scored["parts"]) - lengths
            )
    return said


def _is_length(part: Mapping[str, Any]) -> bool:
    return " words" in part["name"]


def _lengths(sets: Sequence[Mapping[str, Any]]) -> str:
    """The accuracy by length, of the sets that have all three labels."""
    chosen = [s for s in sets if any(f["name"] == _ACCURACY for f in s["figures"])]
    by_name: dict[str, dict[str, str]] = {}
    for each in chosen:
        for part in filter(_is_length, each["parts"]):
            cell = f"{part['value']:.3f} ({part['rows']})"
            by_name.setdefault(part["name"], {})[each["set"]] = cell
    names = [each["set"] for each in chosen]
    return table(
        ("", *names), [(part, *(cells.get(n, "") for n in names)) for part, cells in by_name.items()]
    )


def _calibration(sets: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{f['value']:.3f} on `{s['set']}`"
        for s in sets
        for f in s["figures"]
        if f["name"] == "calibration error" and s["set"] != "blog"
    )


def _results(sets: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """The figures that Hugging Face's pages show, as YAML."""
    for scored in sets:
        for figure in scored["figures"]:
            if figure["name"] == _ACCURACY:
                yield "  - task: {type: text-classification}"
                yield f"    dataset: {{name: {scored['set']}, type: {scored['set']}}}"
                yield f'    metrics: [{{type: accuracy, name: "{_ACCURACY}", value: {figure["value"]:.3f}}}]'


def _threshold(sets: Sequence[Mapping[str, Any]]) -> float:
    """Where CheckThat's own labels are parted best; 0.5 where it was not scored."""
    figures = {(s["set"], f["name"]): float(f["value"]) for s in sets for f in s["figures"]}
    return figures.get(("checkthat-subjectivity-en", BEST_THRESHOLD), 0.5)


def _served_megabytes(folder: Path) -> float:
    """What the fast engine reads."""
    texts = ("config.json", "tokenizer.json", "tokenizer_config.json")
    files = [folder / name for name in (compact.WEIGHTS, *texts)]
    return _megabytes([*files, *(folder / "openvino").iterdir()])


def _megabytes(files: Iterable[Path]) -> float:
    return sum(file.stat().st_size for file in files) / 1e6


def _figures(sets: Sequence[Mapping[str, Any]]) -> str:
    return table(
        ("dev set", "figure", "value", "95 % interval", "rows"),
        [
            (s["set"], f["name"], f"{f['value']:.3f}", f"{f['low']:.3f}–{f['high']:.3f}", f["rows"])
            for s in sets
            for f in s["figures"]
        ],
    )


def _plot_reliability(bins: Sequence[Mapping[str, Any]], path: Path) -> None:
    filled = [b for b in bins if b["count"]]
    figure = Figure(figsize=(4.2, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot([0.3, 1], [0.3, 1], "--", color="#6b7280", label="as stated")
    axes.scatter(
        [b["confidence"] for b in filled],
        [b["accuracy"] for b in filled],
        s=[max(12.0, b["count"]) for b in filled],
        color="#4c78a8",
        alpha=0.8,
        label="blog/dev; area: sentences",
    )
    axes.set_xlabel("confidence stated")
    axes.set_ylabel("share right")
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)
    # Ids and the date would change with each run.
    with rc_context({"svg.hashsalt": "sayso"}):
        figure.savefig(path, metadata={"Date": None})


def _probes(engine: Engine) -> Sequence[tuple[bool, tuple[str, ...]]]:
    """For each of `PROBES` whether a careful reader reads it otherwise, and its line in the card."""
    answered = []
    for (text, gold, why), a in zip(PROBES, judge(classify_all(engine, [p[0] for p in PROBES])), strict=True):
        wrong = not a.mixed if gold == "mixed" else a.label != gold
        said = f"{a.label}{' (mixed)' if a.mixed else ''} {a.confidence:.2f}"
        answered.append((wrong, (text, gold, why, f"**{said}**" if wrong else said)))
    return answered


if __name__ == "__main__":
    write_card(Path(sys.argv[1]))
