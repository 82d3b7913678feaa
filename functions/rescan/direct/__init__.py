"""Everything within the invocation."""
