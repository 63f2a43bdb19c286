"""Codes that lower a price, counted so that none is used too often."""
