"""Durability: what the engine has accepted is on disk, whole, or it was never accepted.

`interface.Store` is the contract; everybody but the command line names only that.
A store is a stranger to the runtime: it takes commits and messages as values and knows
nothing of rules.
"""

from pico.store.interface import Store

__all__ = ["Store"]
