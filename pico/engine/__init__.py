"""Turns on stores: picos in memory, the mailbox's clock, rulesets by pin, accounts, and the facade."""
