"""Trains the planner's hearing: what a message most likely means."""
