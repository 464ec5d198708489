"""Every setting of the server, in one list.

A field here is at once an environment variable (`SAYSO_` and its name in capitals), an option of
`sayso serve` (its name with dashes) and a line of `sayso serve --help`. The command line wins over
the environment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.loading import DEFAULT_WEIGHTS, ENGINES


class Settings(BaseSettings):
    """What the server is told at start; it does not change while it runs."""

    model_config = SettingsConfigDict(
        env_prefix="SAYSO_", env_ignore_empty=True, frozen=True, protected_namespaces=()
    )

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(8377, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    model: Path = Field(DEFAULT_WEIGHTS, description="Folder of the model.")
    engine: str = Field("auto", description="What runs the model; auto takes the best for this machine.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="debug, info, warning or error; info has a line for each request."
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

    @field_validator("engine")
    @classmethod
    def _known_engine(cls, name: str) -> str:
        if name not in ENGINES:
            raise ValueError(f"must be one of {', '.join(ENGINES)}")
        return name
