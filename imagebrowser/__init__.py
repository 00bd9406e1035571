"""The project: wiring only. What the program does is in ``layers``."""
