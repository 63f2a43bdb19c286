"""Benchmarks over real HTTP; `make bench` runs them. Quote ratios of one run: machines differ and are shared."""
