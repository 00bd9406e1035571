"""Imports that run later, each in a process of its own with limits.

``queue`` says what waits and what was left behind, ``runner`` starts
``child`` processes and sees them end, ``progress`` tells how far one is.
"""
