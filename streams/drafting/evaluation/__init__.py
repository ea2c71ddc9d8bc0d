"""How good are drafts? Sessions are drafted and measured, with or without gold facts, and held against an accepted run.

Pure but for the pens it is given. `sessions` holds the development sessions, made up, with their gold facts.
"""
