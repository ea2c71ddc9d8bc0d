"""The compliance report as a page, a document on paper and a set of tables."""
