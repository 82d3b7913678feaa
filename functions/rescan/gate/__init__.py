"""The workflow's three steps and what they come to: which outcome, which findings block.

Pure: no HTTP, no AWS, no environment, no clock.
"""
