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
    """The folders whose weights make the model in `path`: that one, or the two beside it of a cascade.

    Raises `ModelError` where it cannot be read which two.
    """
    recipe = Recipe.read(path)
    return _parts(path, recipe) if recipe else [path]


def load_engine(path: Path = DEFAULT_WEIGHTS, name: str = "auto") -> Engine:
    """Load the model folder at `path`, or the released one of that name, with the engine called `name`.

    Raises `ModelError` when the folder or the name cannot be used. Takes seconds: call it off the
    event loop.
    """
    if name not in ENGINES:
        raise ModelError(f"There is no engine {name!r}; the engines are: {', '.join(ENGINES)}.")
    path = model_folder(path)
    recipe = Recipe.read(path)
    return load_cascade(path, recipe, name) if recipe else _load(path, name)


def load_cascade(path: Path, recipe: Recipe, name: str = "auto") -> Cascade:
    """The same for the two models beside the folder `path` that `recipe` names."""
    parts = _parts(path, recipe)
    for folder in parts:
        if not folder.is_dir() or Recipe.read(folder):
            raise ModelError(f"{path} is to be two models as one, and {folder} is not a model of its own.")
    first, second = (_load(folder, name) for folder in parts)
    return Cascade(first, second, recipe)


def _parts(path: Path, recipe: Recipe) -> list[Path]:
    return [path.resolve().parent / name for name in (recipe.first, recipe.second)]


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
