"""The deterministic drafter: it only finds and arranges what was said, verbatim and short, and never concludes."""
