"""What runs it all: the command, settings, the embedded parts. The only place that knows every other."""
