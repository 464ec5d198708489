"""Every setting of the server, in one list.

A field here is at once an environment variable (`SAYSO_` and its name in capitals), an option of
`sayso serve` (its name with dashes) and a line of `sayso serve --help`. The command line wins over
the environment. The token alone is no option: other users of the machine can read a command line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.loading import DEFAULT_WEIGHTS, ENGINES, model_folder

#: Settings that the command line does not take.
ENVIRONMENT_ONLY = frozenset({"token"})

#: What a bearer token is made of (RFC 6750), and enough of it that nobody guesses it.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")
#: As in a Host header: a name or an address, and a port where it is not the scheme's own.
_HOST = re.compile(r"(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d+)?")


class Settings(BaseSettings):
    """What the server is told at start; it does not change while it runs."""

    model_config = SettingsConfigDict(
        env_prefix="SAYSO_", env_ignore_empty=True, frozen=True, protected_namespaces=()
    )

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(8377, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    model: Path = Field(
        DEFAULT_WEIGHTS,
        description="Folder of the model, or the name of one that comes with Sayso.",
    )
    quick: bool = Field(
        False,
        description="Never ask a second model in doubt: faster, less memory, and right less often.",
    )
    engine: str = Field("auto", description="What runs the model; auto takes the best for this machine.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="debug, info, warning or error; info has a line for each request."
    )
    token_file: Path | None = Field(
        None, description="File with the token that every request but GET /health then has to carry."
    )
    token: SecretStr = Field(SecretStr(""), validate_default=True, description="The token itself.")
    allowed_hosts: str = Field(
        "",
        description="Names to answer under besides loopback, with commas between; needs a token.",
    )

    max_body_bytes: int = Field(8_000_000, ge=1, description="Largest request body, in bytes.")
    max_blocks: int = Field(5_000, ge=1, description="Most blocks in a request.")
    max_sentences: int = Field(20_000, ge=1, description="Most sentences in a request.")
    max_tokens_in_flight: int = Field(
        500_000,
        ge=1,
        description="Most tokens waiting for the model, of all requests together; beyond it, 429.",
    )
    cache_sentences: int = Field(
        100_000, ge=0, description="Answers kept in memory, in sentences; 0 switches the cache off."
    )
    batch_tokens: int = Field(
        512,
        ge=1,
        description="Tokens the model is given at a time, padding included; a longer sentence goes alone.",
    )

    rest_seconds: float = Field(
        600,
        gt=0,
        description="Seconds without a request after which a second model gives its memory back.",
    )

    @field_validator("model")
    @classmethod
    def _folder(cls, model: Path) -> Path:
        return model_folder(model)

    @field_validator("engine")
    @classmethod
    def _known_engine(cls, name: str) -> str:
        if name not in ENGINES:
            raise ValueError(f"must be one of {', '.join(ENGINES)}")
        return name

    @field_validator("token_file")
    @classmethod
    def _readable(cls, path: Path | None) -> Path | None:
        if path is not None:
            try:
                _check_token(path.read_text().strip())
            except (OSError, UnicodeDecodeError) as error:
                raise ValueError("cannot be read") from error
        return path

    @field_validator("token")
    @classmethod
    def _token_or_that_of_the_file(cls, token: SecretStr, info: ValidationInfo) -> SecretStr:
        path: Path | None = info.data.get("token_file")
        if path is not None:
            return SecretStr(path.read_text().strip())
        if token.get_secret_value():
            _check_token(token.get_secret_value())
        return token

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts_behind_a_token(cls, names: str, info: ValidationInfo) -> str:
        hosts = _split(names)
        if wrong := [host for host in hosts if not _HOST.fullmatch(host)]:
            raise ValueError(f"{wrong[0]!r} is not a host name")
        token: SecretStr | None = info.data.get("token")
        if hosts and token is not None and not token.get_secret_value():
            raise ValueError("needs a token, see SAYSO_TOKEN and --token-file")
        return ",".join(hosts)

    @property
    def hosts(self) -> list[str]:
        """`allowed_hosts`, one by one and in lower case."""
        return _split(self.allowed_hosts)


def _split(names: str) -> list[str]:
    return [name for each in names.lower().split(",") if (name := each.strip())]


def _check_token(token: str) -> None:
    if not _TOKEN.fullmatch(token):
        raise ValueError("a token is 16 or more of the letters, digits and signs that RFC 6750 names")
