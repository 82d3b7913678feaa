"""One module for each command, with its `command`, which returns an ExitStatus."""
