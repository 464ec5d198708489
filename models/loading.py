"""Which engines there are, and how one is loaded by name.

An engine's libraries are imported when it is loaded: torch alone costs seconds of start-up.
"""

from __future__ import annotations

import platform
from pathlib import Path

from models.cascade import Cascade, Recipe
from models.engine import Engine, ModelError

#: The models that come with Sayso, a folder each.
RELEASED = Path(__file__).parent / "weights"
DEFAULT_WEIGHTS = RELEASED / "default"
#: Engines by the name `--engine` takes; "auto" picks the best one that this machine can run.
ENGINES = ("auto", "openvino", "torch")


def model_folder(path: Path) -> Path:
    """The folder `path`, or the released one of that name where there is no such folder."""
    return RELEASED / path if not path.exists() and (RELEASED / path).is_dir() else path


def folders_of(path: Path) -> list[Path]:
    """The folders whose weights make the model in `path`: that one, and the one beside it that it asks.

    Raises `ModelError` where it cannot be read which one.
    """
    recipe = Recipe.read(path)
    return [path, _second(path, recipe)] if recipe else [path]


def load_engine(path: Path = DEFAULT_WEIGHTS, name: str = "auto", *, quick: bool = False) -> Engine:
    """Load the model folder at `path`, or the released one of that name, with the engine called `name`.

    A model that asks a second one in doubt is loaded with it, but for a `quick` one. Raises `ModelError`
    when the folder or the name cannot be used. Takes seconds: call it off the event loop.
    """
    if name not in ENGINES:
        raise ModelError(f"There is no engine {name!r}; the engines are: {', '.join(ENGINES)}.")
    path = model_folder(path)
    recipe = None if quick else Recipe.read(path)
    return load_cascade(path, recipe, name) if recipe else _load(path, name)


def load_cascade(path: Path, recipe: Recipe, name: str = "auto") -> Cascade:
    """The model in the folder `path` with the second one that `recipe` names."""
    second = _second(path, recipe)
    if not second.is_dir() or second == path.resolve() or Recipe.read(second):
        raise ModelError(
            f"The model in {path} is to ask another in doubt, and {second} does not hold one. "
            "Without it: --quick."
        )
    return Cascade(_load(path, name), _load(second, name), recipe)


def _second(path: Path, recipe: Recipe) -> Path:
    return path.resolve().parent / recipe.second


def _load(path: Path, name: str) -> Engine:
    if name == "auto":
        name = _best_engine(path)
    if name == "openvino":
        from models.openvino_engine import OpenVinoEngine

        return OpenVinoEngine(path)
    from models.torch_engine import TorchEngine

    return TorchEngine(path)


def _best_engine(path: Path) -> str:
    # Measured on x86 only (docs/benchmark.md). A folder that was trained elsewhere has no export.
    exported = (path / "openvino").is_dir()
    return "openvino" if exported and platform.machine() in ("x86_64", "AMD64") else "torch"
