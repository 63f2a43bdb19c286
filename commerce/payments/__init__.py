"""Money in and out: saved methods, charges, refunds, the ledger."""
