"""The usual server for such a model: FastAPI around a pipeline, a sentence at a time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from tests.bench.peers import hugging_face_pipeline


class Page(BaseModel):
    sentences: list[str]


def main(path: Path, port: int) -> None:
    """Serve the model folder `path` on `port` of loopback."""
    app = FastAPI()
    classify = hugging_face_pipeline(path)

    @app.post("/classify")
    def _classify(page: Page) -> list[Any]:
        return [classify(sentence) for sentence in page.sentences]

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
