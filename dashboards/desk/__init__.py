"""The review desk: drafts under review, signatures, what goes to the EHR, and the audit chain. On PostgreSQL."""
