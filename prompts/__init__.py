"""Prompts: Markdown files with front matter; this loads them, and the lock holds each version to its text."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

FOLDER = Path(__file__).parent
LOCK = FOLDER / "prompts.lock.yaml"
EXAMPLES = FOLDER / "examples.yaml"
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
        return _template(self.text).render(**inputs).strip()


@lru_cache
def _template(text: str) -> Template:
    return JINJA.from_string(text)


class NoSuchPrompt(FileNotFoundError):
    """Says which there are."""


class PromptWrong(ValueError):
    """A file that is no prompt; says why."""


@lru_cache
def load_prompt(named: str) -> Prompt:
    """`shopper` is the newest version; `shopper@5` that one, which is kept as `shopper@5.md` once there is a newer one."""
    name, _, version = named.partition("@")
    if name not in (known := locked()):
        raise NoSuchPrompt(f"there is no prompt {name}; there are: {', '.join(sorted(known))}")
    newest = read_prompt(FOLDER / f"{name}.md")
    if version in ("", str(newest.version)):
        return newest
    if version not in map(str, known[name]):
        raise NoSuchPrompt(f"{name} has no version {version}; it has: {', '.join(map(str, known[name]))}")
    return read_prompt(FOLDER / f"{name}@{version}.md")


def find_prompt(wanted: str) -> Prompt:
    """By name, by name and version, or from a Markdown file anywhere."""
    return read_prompt(Path(wanted)) if wanted.endswith(".md") else load_prompt(wanted)


def read_prompt(file: Path) -> Prompt:
    """Front matter between two `---` lines, then Jinja text."""
    if not file.exists():
        raise NoSuchPrompt(f"there is no file {file}")
    parts = file.read_text(encoding="utf-8").split("---\n", 2)
    about = _front_matter(file, parts[1] if len(parts) == 3 else "")
    return Prompt(
        name=file.stem.partition("@")[0],
        version=about["version"],
        purpose=about["purpose"],
        inputs=tuple(about["inputs"]),
        text=parts[2],
        hash=hashlib.sha256(parts[2].encode()).hexdigest()[:16],
    )


def _front_matter(file: Path, written: str) -> dict[str, Any]:
    about = yaml.safe_load(written)
    if not isinstance(about, dict) or not {"version", "purpose", "inputs"} <= set(about):
        raise PromptWrong(f"{file} must begin with version, purpose and inputs between two lines `---`")
    return about


def locked() -> dict[str, dict[int, str]]:
    """Name → version → hash, of every version that was ever used."""
    found: dict[str, dict[int, str]] = yaml.safe_load(LOCK.read_text(encoding="utf-8"))
    return found


def examples(language: str) -> dict[str, Any]:
    """A value for every input that prompts name, as a shopper of this language (`en`, `zh`) brings it about."""
    written: dict[str, dict[str, Any]] = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    return {name: values.get(language, values["en"]) for name, values in written.items()}
