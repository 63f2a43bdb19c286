"""Who shops: accounts, sessions, addresses."""
