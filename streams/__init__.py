"""The decisions and their wiring: files, rules, the keeper, the Faust worker. Imports schemas only."""
