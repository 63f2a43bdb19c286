"""Many goods at once: files that merchants send and take away."""
