"""The agent: a model's loop over the shop's tools, with conversations that survive restarts."""
