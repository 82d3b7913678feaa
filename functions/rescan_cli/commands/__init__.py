"""One module a command, each with its `command`; they return an ExitStatus."""
