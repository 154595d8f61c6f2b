"""The proofs and figures behind ./run bench: one module each, judged by targets.toml."""
