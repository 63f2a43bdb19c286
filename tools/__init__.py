"""The shop's operations, wrapped for models: schema, permission, rendering, calling."""

from commerce.catalog.vocabulary import Vocabulary

from .facts import facts_of
from .offer import Offer
from .receipts import Receipt
from .toolbox import About, Proposal, Toolbox, ToolResult
from .toolspecs import ToolSpec, tool_specs

__all__ = [
    "About",
    "Offer",
    "Proposal",
    "Receipt",
    "ToolResult",
    "ToolSpec",
    "Toolbox",
    "Vocabulary",
    "facts_of",
    "tool_specs",
]
