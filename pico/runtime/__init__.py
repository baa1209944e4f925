"""A turn: one message, or one query, handled on one pico.

This package knows the language and the model. It does not know the store: what a turn needs
from outside it asks its host for.
"""
