"""Webhooks: events told to other people's servers, signed, until they have heard them."""
