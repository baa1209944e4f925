"""The engine's face to the outside: the event interface, the owner interface and the pages.

This package translates between HTTP and the engine and decides nothing else: behaviour lives in
rulesets, durability in the engine. It alone knows HTTP statuses.
"""
