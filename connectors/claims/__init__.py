"""Claims on their way to payers and back: 837P files out, 999, 277CA and 835 files in."""
