"""The command line: `sayso serve`, `sayso --version`.

Only what `--help` needs is imported at the top: everything else costs a part of a second.
"""

from __future__ import annotations

import inspect
import sys
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from server.settings import ENVIRONMENT_ONLY, Settings

app = typer.Typer(
    name="sayso",
    help="Shows which sentences are opinion and which are factual claims. All on this machine.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """The console script. Exits with 0, 1 (it could not run) or 2 (it was called wrongly)."""
    try:
        app()
    except KeyboardInterrupt:  # before the server has taken over the signal
        sys.exit(0)


def fail(message: str, status: int = 1) -> NoReturn:
    print(f"sayso: {message}", file=sys.stderr)
    raise SystemExit(status)


def _print_version(wanted: bool) -> None:
    if wanted:
        from server.version import VERSION

        print(f"sayso {VERSION}")
        raise typer.Exit


@app.callback()
def _sayso(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def _serve(**given: str | bool | None) -> None:
    from server.serve import CannotServeError, serve

    try:
        serve(read_settings({name: value for name, value in given.items() if value is not None}))
    except CannotServeError as error:
        fail(str(error))


def read_settings(given: dict[str, str | bool]) -> Settings:
    """Settings from `given`, then the environment; ends the process with a line for each bad value."""
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for each in error.errors(include_url=False):
            name = str(each["loc"][0])
            source = option(name) if name in given else f"SAYSO_{name.upper()}"
            told = "" if name in ENVIRONMENT_ONLY else f" (it is {each['input']!r})"
            lines.append(f"{source}: {each['msg'].removeprefix('Value error, ')}{told}")
        fail("\nsayso: ".join(lines), 2)


def option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    """The option for a setting. It is read as text, so that all values are checked in one place."""
    kinds = {"model": "FOLDER", "token_file": "FILE", "rest_seconds": "SECONDS"}
    default = "none" if field.default in (None, "") else field.default
    described = f"{field.description} [default: {default}; env: SAYSO_{name.upper()}]"
    annotation: Any
    if field.annotation is bool:
        flag = typer.Option(
            f"{option(name)}/--no-{option(name)[2:]}",
            help=described.replace("default: False", "default: no"),
            show_default=False,
        )
        annotation = Annotated[bool | None, flag]
    else:
        kind = "INTEGER" if field.annotation is int else kinds.get(name, "TEXT")
        annotation = Annotated[
            str | None, typer.Option(option(name), metavar=kind, help=described, show_default=False)
        ]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


# typer reads options off a function's signature; this one has an option for every setting.
_parameters = [
    _parameter(name, field) for name, field in Settings.model_fields.items() if name not in ENVIRONMENT_ONLY
]
_serve.__signature__ = inspect.Signature(_parameters)  # type: ignore[attr-defined]
_serve.__annotations__ = {parameter.name: parameter.annotation for parameter in _parameters}
app.command("serve", help="Start the server; Ctrl-C stops it.")(_serve)


if __name__ == "__main__":
    main()
