"""Attacks on the agent by what it reads and by what thinks in it, each beside a clean twin; graded by what happened in the shop and
what left it."""
