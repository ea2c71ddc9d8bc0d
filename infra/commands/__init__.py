"""The commands of `conjoint`, one a file; infra/cli.py lists them."""
