"""Which forms does a person need, who must sign them, and where does each stand? Pure decisions over files."""
