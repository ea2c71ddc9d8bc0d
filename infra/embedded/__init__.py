"""The parts of one machine: broker, change capture, databases, from Python packages and locked jars."""
