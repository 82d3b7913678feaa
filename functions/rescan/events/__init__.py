"""What comes in and what goes out: events of AWS, batches, answers, log lines.

Nothing here asks Anchore or AWS.
"""
