"""Whole journeys over HTTP, from the first request to the last."""
