"""The rules: pure functions, one theme a file; streams/catalogue.py lists them."""
