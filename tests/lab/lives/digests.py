"""Digests as the lives have them."""

from hashlib import sha256


def digest_of(text: str) -> str:
    """A digest that a text stands for."""
    return "sha256:" + sha256(text.encode()).hexdigest()
