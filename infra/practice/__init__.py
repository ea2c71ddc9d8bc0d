"""The reference practice: an EHR database and simulated people who live in it."""
