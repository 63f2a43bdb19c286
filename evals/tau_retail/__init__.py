"""Another shop than ours: τ-bench's retail domain, with its tasks, played by our agent and judged by what τ's own engine made of them."""
