"""One command of `conjoint` per module; each module's `command` is listed in infra/cli.py."""
