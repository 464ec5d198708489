"""The bodies of requests and replies, for validation and for the API's documentation.

Unknown fields are ignored, so that a newer client can talk to an older server. Types are strict: a
number is not taken for a string.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    RootModel,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from models.labels import Label

OffsetUnit = Literal["utf16", "codepoint"]


def _well_formed(text: str) -> str:
    """A lone surrogate can be written in JSON but stands for no character, and no tokeniser reads it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("lone_surrogate", "half of a surrogate pair") from None
    return text


Text = Annotated[str, AfterValidator(_well_formed)]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class Block(_Request):
    id: Text = Field(description="Yours to choose; unique within the request.")
    text: Text = Field(description="A paragraph, a heading, a list item. May be empty.")


class AnalyzeRequest(_Request):
    blocks: list[Block]
    offset_unit: OffsetUnit = Field(
        "utf16",
        description="What `start` and `end` count: UTF-16 units (JavaScript) or code points (Python).",
    )
    partial: bool = Field(
        False,
        description="In a reply of lines, whether a block also comes while a sentence of it is still open.",
    )

    @model_validator(mode="after")
    def _unique_ids(self) -> Self:
        seen: set[str] = set()
        for index, block in enumerate(self.blocks):
            if block.id in seen:
                raise PydanticCustomError(
                    "duplicate_id", "`blocks[{index}].id` is that of an earlier block", {"index": index}
                )
            seen.add(block.id)
        return self

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "blocks": [
                    {"id": "p1", "text": "The council met on Monday. It was a shambles."},
                    {"id": "p2", "text": "What happens next?"},
                ],
                "offset_unit": "utf16",
            }
        }
    )


class ClassifyRequest(_Request):
    sentences: list[Text] = Field(description="One sentence each; white space around it is ignored.")

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"sentences": ["The bridge opened in 1932.", "It is the loveliest in the world."]}
        }
    )


class ExplainRequest(_Request):
    sentence: Text = Field(description="One sentence; white space around it is ignored.")

    model_config = ConfigDict(json_schema_extra={"example": {"sentence": "It is the loveliest bridge."}})


def _tei_inputs(value: object) -> list[str] | str:
    """Text Embeddings Inference's `inputs`: a string, or a list of strings or of one-string lists."""
    if isinstance(value, str):
        return _well_formed(value)
    if not isinstance(value, list):
        raise PydanticCustomError("inputs_type", "must be a string or a list")
    flat: list[str] = []
    for index, item in enumerate(value):
        if isinstance(item, list):
            if len(item) == 2:
                raise PydanticCustomError(
                    "inputs_pair",
                    "item {index} is a pair; one sentence is read at a time: write [[first], [second]]",
                    {"index": index},
                )
            if len(item) != 1:
                raise PydanticCustomError("inputs_item", "item {index} must be one string", {"index": index})
            item = item[0]
        if not isinstance(item, str):
            raise PydanticCustomError("inputs_item", "item {index} must be a string", {"index": index})
        try:
            flat.append(_well_formed(item))
        except PydanticCustomError as error:
            raise PydanticCustomError(
                "lone_surrogate", "half of a surrogate pair", {"index": index}
            ) from error
    return flat


class PredictRequest(_Request):
    inputs: Annotated[
        str | list[str],
        PlainValidator(_tei_inputs),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string"},
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "array", "items": {"type": "array", "items": {"type": "string"}, "maxItems": 1}},
                ]
            }
        ),
    ] = Field(
        description="One sentence, or a batch: a list of sentences, or of lists of one sentence. A list of "
        "two sentences is a batch of two and not, as in Text Embeddings Inference, a pair."
    )
    raw_scores: bool = Field(
        False,
        description="Scores before normalisation: natural logarithms, whose softmax gives the scores back.",
    )
    truncate: bool = Field(
        True, description="Cut a sentence that is longer than the model reads; if false, refuse it with 413."
    )

    model_config = ConfigDict(json_schema_extra={"example": {"inputs": "The bridge opened in 1932."}})


class Model(BaseModel):
    """Which model answered. The revision changes whenever an answer could."""

    id: str
    revision: str


class Health(BaseModel):
    name: Literal["sayso"]
    version: str
    api: Literal["v1"]
    status: Literal["loading", "ready"]
    model: Model | None


class Probabilities(BaseModel):
    opinion: float
    fact: float
    mixed_opinion: float
    mixed_fact: float
    other: float


class Result(BaseModel):
    label: Label = Field(description="The largest of opinion, fact and other.")
    confidence: float = Field(description="Probability of the label, mixed classes included.", ge=0, le=1)
    mixed: bool = Field(description="Opinion and factual claim in one sentence.")
    probabilities: Probabilities
    truncated: bool | None = Field(
        None, description="True where the sentence was longer than the model reads; else left out."
    )


class Sentence(Result):
    start: int
    end: int


class Error(BaseModel):
    code: str
    message: str
    hint: str


class ErrorReply(BaseModel):
    error: Error


class BlockReply(BaseModel):
    id: str
    sentences: list[Sentence] | None = Field(None, description="In order; left out where there is an error.")
    error: Error | None = Field(None, description="Only where this block failed alone.")


class AnalyzeReply(BaseModel):
    model: Model
    offset_unit: OffsetUnit
    blocks: list[BlockReply]


class ClassifyReply(BaseModel):
    model: Model
    results: list[Result]


class Word(BaseModel):
    start: int = Field(description="In UTF-16 units, as JavaScript counts.")
    end: int
    weight: float = Field(description="What leaving the word out takes from the confidence.", ge=-1, le=1)


class ExplainReply(Result):
    model: Model
    words: list[Word] = Field(description="In order; those beyond what the model reads are left out.")


class Prediction(BaseModel):
    label: Label
    score: float


class PredictReply(RootModel[list[Prediction] | list[list[Prediction]]]):
    pass


EXAMPLE_RESULT: dict[str, Any] = {
    "label": "opinion",
    "confidence": 0.97,
    "mixed": False,
    "probabilities": {
        "opinion": 0.95,
        "fact": 0.01,
        "mixed_opinion": 0.02,
        "mixed_fact": 0.01,
        "other": 0.01,
    },
}
EXAMPLE_MODEL = {"id": "sayso-minilm", "revision": "0f3a9c51d2e4"}
