"""What exists: identities, channels, messages, snapshots and commits.

Everything here is a frozen value. This package knows nothing of the language,
of storage or of HTTP; it imports nothing of ours but `errors` and `limits`.
"""
