"""Offline: fresh worlds to try the agent in, and what they cost to run."""
