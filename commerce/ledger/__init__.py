"""The ledger: every movement of money has two sides that cancel out."""
