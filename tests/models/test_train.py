"""Training, evaluation and release as commands, on a few rows written for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from models import cross_validate, data, release, storage, train
from models.engine import ModelError, classify_all
from models.export import export
from models.loading import DEFAULT_WEIGHTS, load_engine
from models.soft_targets import SoftTargets

REPOSITORY = Path(__file__).parents[2]


def _train(data_folder: Path, run: Path, *more: str) -> list[str]:
    command = [sys.executable, "-m", "models.train", "--data", str(data_folder), "--out", str(run)]
    return [*command, "--batch-size", "4", "--epochs", "2", "--save-steps", "3", "--no-bf16", *more]


def test_make_model_resumes_after_a_kill_and_ends_with_a_release(data_folder: Path, tmp_path: Path) -> None:
    run, out = tmp_path / "run", tmp_path / "released"
    recipe = (
        "--batch-size 4 --epochs 2 --save-steps 3 --no-bf16 --weight blog=2 --dropout 0 --vary-typing 0.5"
    )
    command = [
        "make",
        "model",
        f"DATA={data_folder}",
        "BASE=",
        "SECOND=",
        "SEEDS=",
        f"RUN={run}",
        f"OUT={out}",
        f"RECIPE={recipe}",
    ]
    first = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 200
    while not list(run.glob("checkpoints/checkpoint-*/trainer_state.json")):
        assert first.poll() is None, "the run ended before its first checkpoint"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    # Had it been killed a moment later, there would also be a part of the next checkpoint.
    part = run / "checkpoints" / "checkpoint-999"
    part.mkdir()
    (part / "trainer_state.json").write_text("{", encoding="utf-8")

    second = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=280)
    assert second.returncode == 0, second.stderr
    assert "Resuming from checkpoint-" in second.stdout
    assert "Resuming from checkpoint-999" not in second.stdout
    assert not part.exists(), "the trainer would keep it in place of its own, which have lower numbers"
    record = json.loads((out / "evaluation.json").read_text())
    assert record["run"]["rows_by_source"] == {"blog": 20, "checkthat-subjectivity-en": 2, "babe": 3}
    assert [each["set"] for each in record["sets"]] == ["blog", "written"], (
        "what the folder has no dev part of is left out"
    )
    card = (out / "README.md").read_text()
    assert record["model"]["revision"] in card
    assert "the mean of" not in card, "one run is no mean"
    assert "fp32, seed 0, dropout 0." in card
    (speed,) = record["speed"]
    assert f"| {speed['machine']} | {speed['served']:,.0f} | {speed['reference']:,.0f} |" in card
    assert "Each row had a chance of 50% to be typed otherwise" in card
    assert {"reliability.svg", "weights.safetensors.gz", "tokenizer.json"} <= {
        file.name for file in out.iterdir()
    }
    for engine in ("torch", "openvino"):
        answers = classify_all(load_engine(out, engine), ["It rained."])
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-3)


def test_make_model_asks_for_the_data() -> None:
    done = subprocess.run(["make", "model"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "make model DATA=folder" in done.stderr


def test_a_release_is_calibrated_and_in_integers(data_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "released"
    release.store(DEFAULT_WEIGHTS, out, 2.0, "test-model")
    engine = load_engine(out)
    assert engine.info.id == "test-model"
    trained, stored = (
        classify_all(load_engine(folder, "torch", quick=True), ["It rained."])
        for folder in (DEFAULT_WEIGHTS, out)
    )
    assert stored.max() < trained.max(), "a temperature of 2 makes every answer less sure"

    cost = export(out, data_folder)["cost"]
    assert cost["sentences"] == 4
    exported = load_engine(out, "openvino")
    assert np.abs(classify_all(exported, ["It rained."]) - stored).max() < 0.1
    unpacked = classify_all(load_engine(out, "torch"), ["It rained."])
    assert 0 < np.abs(unpacked - stored).max() < 0.1, "torch runs the integers too"


def test_a_teacher_and_the_readers_own_corrections_are_trained_on(data_folder: Path, tmp_path: Path) -> None:
    run, more, targets, corrections = (tmp_path / name for name in ("run", "pages.tsv", "t.npz", "mine.tsv"))
    more.write_text("id\ttext\na:0\tThe moon is the best of all moons.\n", encoding="utf-8")
    corrections.write_text(
        "id\ttext\tlabel\tgiven\tmodel\tat\n"
        "c1\tWhat a farce this inquiry has become.\tmixed_opinion\tfact\tm@1\t2026-01-01\n",
        encoding="utf-8",
    )
    SoftTargets.empty("a teacher").with_more(
        ["The moon is the best of all moons."], np.array([[0.9, 0.025, 0.025, 0.025, 0.025]], np.float32)
    ).save(targets)
    options = ["--pages", str(more), "--unlabelled", "pages", "--soft-targets", str(targets)]
    options += ["--tsv", str(corrections)]
    options += ["--base", str(DEFAULT_WEIGHTS), "--labels-alone", "mine", "--freeze-embeddings"]
    subprocess.run(_train(data_folder, run, *options), capture_output=True, check=True)
    before, now = (storage.load_model(path).state_dict() for path in (DEFAULT_WEIGHTS, run))
    moved = {name for name in before if not before[name].equal(now[name])}
    assert len(moved) > len(before) / 2
    assert not [name for name in moved if name.endswith("word_embeddings.weight")]
    record = json.loads((run / "run.json").read_text())
    counted = {"mine": 1, "blog": 20, "checkthat-subjectivity-en": 1, "babe": 3, "pages": 1}
    assert record["rows_by_source"] == counted, "a correction stands before the corpus that has the sentence"
    assert record["teacher"] == "a teacher"
    assert str(tmp_path) not in json.dumps(record)
    released = json.loads((DEFAULT_WEIGHTS / "evaluation.json").read_text())
    assert record["base_run"] == released["run"], "what it began with came about there"

    alone = _train(data_folder, tmp_path / "alone", *options, "--asked-alone", "--labels-alone", "pages")
    refused = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "No row to train on is of 'mine', only of ['pages']." in refused.stderr

    after = tmp_path / "after"
    command = _train(data_folder, after, "--base", str(run))
    subprocess.run(command, capture_output=True, check=True)
    finished = (after / "run.json").read_text()
    assert json.loads(finished)["base_run"] == record

    assert json.loads(finished)["bf16"] is False
    again = subprocess.run([*command, "--bf16"], capture_output=True, text=True, check=True)
    assert again.stdout == f"The run in {after} is finished.\n", "another machine may go on with it in bf16"
    other = subprocess.run([*command, "--weight", "blog=2"], capture_output=True, text=True, check=False)
    assert other.returncode == 2
    assert other.stderr.splitlines()[-1] == (
        f"{after} holds another run (weight was [], is ['blog=2']): name another folder."
    )
    (after / "plan.json").unlink()
    unknown = subprocess.run(command, capture_output=True, text=True, check=False)
    assert unknown.returncode == 2
    assert "does not say by what plan" in unknown.stderr
    assert (after / "run.json").read_text() == finished


@pytest.mark.parametrize(
    ("instructions", "bf16"),
    [
        ({"avx2": True, "avx512_f": True, "avx512_bf16": False}, False),
        ({"avx2": True, "avx512_bf16": True}, True),
        ({"neon": True, "bf16": True}, True),
        ({}, False),
    ],
)
def test_bf16_is_for_processors_that_have_instructions_for_it(
    instructions: dict[str, bool], bf16: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: instructions)
    assert train.computes_bf16() is bf16


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--base", "nowhere"], "nowhere"),
        (["--weight", "blog"], "'blog' is not of the form SOURCE=NUMBER"),
        (["--threshold", "blog=1"], "is not between 0 and 1"),
        (["--vary-typing", "15"], "argument --vary-typing: 15 is not between 0 and 1"),
        (["--dropout", "much"], "argument --dropout: 'much' is no number"),
        (["--weight", "blogs=2"], "No row to train on is of 'blogs'"),
        (["--labels-alone", "mine"], "No row to train on is of 'mine'"),
    ],
)
def test_what_cannot_be_trained_is_said_before_it_begins(
    data_folder: Path,
    tmp_path: Path,
    options: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # In this process: a new one imports torch first, which takes seconds.
    arguments = ["--data", str(data_folder), "--out", str(tmp_path / "run"), *options]
    try:
        status: object = train.main(arguments)
    except SystemExit as exit_:
        status = exit_.code
    assert status == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "run").exists(), "the corrected command may use this folder"


def test_a_model_stays_whole_until_the_next_one_is(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = tmp_path / "run", tmp_path / "released"
    subprocess.run(_train(data_folder, run, "--limit", "4"), capture_output=True, check=True)
    command = ["--run", str(run), "--data", str(data_folder), "--out", str(out)]
    out.mkdir()
    (out / "letters.txt").write_text("mine")
    assert release.main([*command, "--id", "one"]) == 2
    assert "no model that was released" in capsys.readouterr().err
    assert [file.name for file in out.iterdir()] == ["letters.txt"]

    (out / "letters.txt").unlink()
    assert release.main([*command, "--id", "one"]) == 0
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    assert release.main([*command, "--id", "one"]) == 0
    assert f"The run in {run} is released in {out}." in capsys.readouterr().out

    def no_room(*_: object, **__: object) -> None:
        raise ModelError("no room")

    monkeypatch.setattr(release, "export", no_room)
    assert release.main([*command, "--id", "two"]) == 2
    assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file()} == before
    monkeypatch.undo()

    assert release.main(["--again", "--data", str(data_folder), "--out", str(out)]) == 0
    record = json.loads((out / "evaluation.json").read_text())
    assert record["model"] == json.loads(before[out / "evaluation.json"])["model"]
    assert len(record["speed"]) == 1, "measured anew on the same machine"
    assert release.main([*command, "--id", "two"]) == 0
    assert load_engine(out).info.id == "two"
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["released", "run"]


def test_a_folder_without_a_finished_run_is_not_released(data_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "models.release", "--run", str(tmp_path), "--data", str(data_folder)]
    command += ["--id", "none"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path} is no finished run of models.train: it has no run.json.\n"


def test_make_model_goes_from_the_encoder_to_the_release(tmp_path: Path) -> None:
    command = [
        "make",
        "--dry-run",
        "-f",
        str(REPOSITORY / "Makefile"),
        "model",
        "DATA=corpora",
        "PAGES=saved pages",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "models/annotations.tsv >runs/annotations.tsv.part" in done.stdout
    for half in ("runs/half-5.tsv", "runs/half-6.tsv"):
        assert f"runs/annotations.tsv >{half}.part" in done.stdout
    steps = [
        'in "saved pages"/*/',
        "server.pages runs/pages/*.jsonl --out runs/pages.tsv",
        'models.train --data "corpora" --out runs/first',
        'models.train --data "corpora" --pages runs/pages.tsv --out runs/second --base runs/first',
        "models.cut --model runs/mpnet --out runs/encoder.part --tokens",
        'models.train --data "corpora" --pages runs/pages.tsv --out runs/large --base runs/encoder',
        '--pages runs/pages.tsv --out "runs/default" --base runs/second',
        'models.average --run runs/second --run "runs/default"',
        '--base "runs/default-mean" --annotations runs/half-$seed.tsv',
        'models.average --run "runs/default-5" --run "runs/default-6" --out "runs/default-last"',
        'models.release --run "runs/default-last"',
        'models.release --run runs/large --data "corpora" --pages runs/pages.tsv',
        'models.release_cascade --model "models/weights/default" --second accurate',
    ]
    places = [done.stdout.find(step) for step in steps]
    assert -1 not in places, steps[places.index(-1)]
    assert places == sorted(places)


def test_a_missing_corpus_is_one_line_on_stderr(tmp_path: Path) -> None:
    done = subprocess.run(_train(tmp_path, tmp_path / "run"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "blog" in done.stderr
    assert "Traceback" not in done.stderr


def test_cross_validation_scores_every_sentence_once(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, report = tmp_path / "runs", tmp_path / "report.json"
    options = ["--data", str(data_folder), "--out", str(runs), "--folds", "2", "--json", str(report)]
    recipe = ["--batch-size", "4", "--epochs", "1", "--no-bf16"]
    assert cross_validate.main([*options, *recipe]) == 0
    figure = json.loads(report.read_text())["figures"][0]
    assert figure["rows"] == len(data.read(data_folder, "blog", "train"))
    first, second = (json.loads(run.read_text()) for run in sorted(runs.glob("*/run.json")))
    assert (first["arguments"]["fold"], second["arguments"]["fold"]) == ("0/2", "1/2")
    assert first["data_sha256"] != second["data_sha256"]

    capsys.readouterr()
    assert cross_validate.main([*options, *recipe]) == 0
    assert capsys.readouterr().out.count("is finished") == 2, "what is done is not done again"
    assert cross_validate.main([*options[:4], "--folds", "50", *recipe]) == 2
    assert "too few documents" in capsys.readouterr().err
    assert cross_validate.main([*options, "--base", str(runs / "0-of-2"), *recipe]) == 2
    assert "was trained" in capsys.readouterr().err, "it has seen the other fold"
    (checkpoint,) = (runs / "1-of-2" / "checkpoints").iterdir()
    assert cross_validate.main([*options, "--base", str(checkpoint), *recipe]) == 2
    assert "was trained" in capsys.readouterr().err, "a checkpoint has no record, but the classes"


def test_evaluate_takes_any_tsv(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text(
        "id\ttext\tlabel\n"
        "1\tThe library was built in 1911.\tfact\n"
        "2\tIt is the ugliest and saddest building I have ever seen.\topinion\n"
        "3\tSubscribe to our newsletter\tother\n"
        "4\tThe treaty was signed in Vienna in 1815.\tF\n",
        encoding="utf-8",
    )
    report = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "models.evaluate", "--tsv", str(path), "--json", str(report)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "accuracy, opinion/fact/other" in done.stdout
    (scored,) = json.loads(report.read_text())["sets"]
    assert scored["figures"][0]["value"] == pytest.approx(1.0), done.stdout
    assert "ugliest" not in report.read_text(), "a report may be published, its sentences may not"


def test_evaluate_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("id\ttext\tlabel\n1\tHello.\tgreeting\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "models.evaluate", "--tsv", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "'greeting' is none of" in done.stderr
    assert "Traceback" not in done.stderr


def test_evaluate_scores_a_corpus_by_its_own_labels(data_folder: Path) -> None:
    """A corpus of partial labels alone once ended in a traceback: it has no gold label at all."""
    (data_folder / "checkthat-subjectivity-en" / "dev.tsv").write_text(
        "text\tlabel\torig_label\tsource_id\n"
        "What a farce and a disgrace this whole inquiry is.\topinion\tSUBJ\ta\n"
        "The inquiry sat for 40 days in 2019.\tfact\tOBJ\tb\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "models.evaluate",
            "--data",
            str(data_folder),
            "--sets",
            "checkthat-subjectivity-en",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "macro-F1, the corpus' own labels      1.000" in done.stdout
