"""Prompts: Markdown files with front matter; this loads them, and the lock holds each version to its text."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

FOLDER = Path(__file__).parent
LOCK = FOLDER / "prompts.lock.yaml"
JINJA = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)


@dataclass(frozen=True)
class Prompt:
    """One version of a prompt. Every run carries its name, version and hash."""

    name: str
    version: int
    purpose: str
    inputs: tuple[str, ...]
    text: str
    hash: str

    def render(self, **inputs: Any) -> str:
        """Fills in the inputs; refuses (ValueError) when they are not exactly those that the prompt names."""
        if set(inputs) != set(self.inputs):
            raise ValueError(f"prompt {self.name} takes {sorted(self.inputs)}, got {sorted(inputs)}")
        return JINJA.from_string(self.text).render(**inputs).strip()


@lru_cache
def load_prompt(name: str) -> Prompt:
    """The prompt of this name that the service runs with."""
    return read_prompt(FOLDER / f"{name}.md")


def read_prompt(file: Path) -> Prompt:
    """Front matter between two `---` lines, then Jinja text."""
    _, front, text = file.read_text(encoding="utf-8").split("---\n", 2)
    about = yaml.safe_load(front)
    return Prompt(
        name=file.stem,
        version=about["version"],
        purpose=about["purpose"],
        inputs=tuple(about["inputs"]),
        text=text,
        hash=hashlib.sha256(text.encode()).hexdigest()[:16],
    )


def locked() -> dict[str, dict[int, str]]:
    """Name → version → hash, of every version that was ever used."""
    found: dict[str, dict[int, str]] = yaml.safe_load(LOCK.read_text(encoding="utf-8"))
    return found
