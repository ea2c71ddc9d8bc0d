"""The claims desk: what lies before the biller, what was decided, what went out and what came back. On PostgreSQL."""
