"""Consent forms to sign, made from versioned templates: as a page to print or send, and as a PDF."""
