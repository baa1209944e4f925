"""From the tree to Python: expressions, rules, and whole rulesets.

The generator builds Python's own syntax tree, never text, and gives every node the line and
column of the KRL it came from. So Python's traceback points into the KRL source, and
`co_positions()` gives a fault its place.

Generated code sees nothing but its contract names (`contract.py`): no builtins, no imports.
User names always end in `__` and a number, so they cannot meet a contract name.
"""
