"""Which claims would be paid: suggestions with their reasons, and what would be wrong with them. Pure."""
