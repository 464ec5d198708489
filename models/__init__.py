"""The classifier: its classes, its engines, its training and evaluation, and the released weights."""
