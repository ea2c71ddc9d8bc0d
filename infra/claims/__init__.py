"""What ties claims together: proposals from the files, files for payers and their answers, decisions kept."""
