"""What does an auditor ask of a practice? Rows of facts in, a report out; pure."""
