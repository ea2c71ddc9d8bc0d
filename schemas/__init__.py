"""What is on the wire: the records, the topics, their bytes. Imports nothing of ours."""
