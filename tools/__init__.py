"""The shop's operations, wrapped for models: schema, permission, rendering, calling."""

from .offer import Offer
from .receipts import Receipt
from .toolbox import About, Proposal, Toolbox, ToolResult
from .toolspecs import ToolSpec, tool_specs

__all__ = ["About", "Offer", "Proposal", "Receipt", "ToolResult", "ToolSpec", "Toolbox", "tool_specs"]
