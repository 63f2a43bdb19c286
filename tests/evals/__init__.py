"""Tests of the evals: what they measure is what happened."""
