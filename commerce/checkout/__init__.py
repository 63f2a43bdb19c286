"""The quote: what an order would be, exactly, before anyone says yes."""
