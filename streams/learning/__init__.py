"""What a clinician's accepted edits teach the drafter: how they write, never anything about a client."""
