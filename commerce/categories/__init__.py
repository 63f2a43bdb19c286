"""The tree of departments that products stand in, as admins keep it."""
