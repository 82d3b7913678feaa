"""Queue, ledger and outbox in memory, and one invocation that works on them and answers all.

For a function without a queue and a ledger of its own. No AWS, nothing that lasts.
"""
