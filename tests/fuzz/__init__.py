"""Mutated input for every reader of the core: ``script/fuzz``."""
