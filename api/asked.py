"""What a client of OpenAI's chat completions may ask, and what the shop makes of it."""

import hashlib
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.histories import Said, digest_of

MODEL = "domtok"
LONGEST = 4000
IGNORED = frozenset(
    [
        "audio",
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "modalities",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning_effort",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    ]
)
"""Parameters of OpenAI's that the shop's agent has no use for: it has its own model, its own tools and its own limits."""


class Wrong(Exception):
    """A request that OpenAI would answer with 400."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


class Part(BaseModel):
    type: str
    text: str = ""


class Message(BaseModel):
    """Whatever else a client keeps with it is left alone."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    include_usage: bool = False


class Format(BaseModel):
    type: Literal["text"]


class Asked(BaseModel):
    """Everything else is refused as unknown."""

    model_config = ConfigDict(extra="forbid")

    model: str
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = 1
    metadata: dict[str, str] | None = None
    response_format: Format | None = None

    @property
    def history(self) -> list[Said]:
        """What shopper and assistant said; instructions of the client are not the shop's."""
        return [Said(m.role, m.text) for m in self.messages if m.role in {"user", "assistant"}]

    @property
    def said(self) -> str:
        return self.messages[-1].text.strip()

    @property
    def include_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def key_in(self, owner: str, thread: str) -> str:
        """The same history in the same conversation is the same request."""
        return hashlib.sha256(f"{thread}\n{digest_of(owner, self.history)}".encode()).hexdigest()


def read_request(body: dict[str, Any]) -> Asked:
    """Raises Wrong, in OpenAI's words where it has some."""
    known = {name: value for name, value in body.items() if name not in IGNORED}
    if strange := sorted(known.keys() - Asked.model_fields.keys()):
        raise Wrong(f"Unrecognized request argument supplied: {strange[0][:100]}", strange[0][:100])
    try:
        asked = Asked.model_validate(known)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        param = ".".join(str(part) for part in first["loc"])
        raise Wrong(f"Invalid value for '{param}': {first['msg']}.", param, "invalid_value") from None
    _check(asked)
    return asked


def _check(asked: Asked) -> None:
    last = asked.messages[-1]
    if last.role != "user":
        raise Wrong("The last message must be the shopper's, with the role 'user'.", "messages", "invalid_value")
    if isinstance(last.content, list) and any(part.type != "text" for part in last.content):
        raise Wrong("The shop's agent reads text only.", "messages", "invalid_value")
    if not 1 <= len(asked.said) <= LONGEST:
        raise Wrong(f"A message must have 1 to {LONGEST} characters.", "messages", "string_above_max_length")
    if any((ord(c) < 32 and c not in "\n\t\r") or ord(c) == 127 or 0xD800 <= ord(c) <= 0xDFFF for c in asked.said):
        raise Wrong("Control characters are not allowed.", "messages", "invalid_value")
