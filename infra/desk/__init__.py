"""The desk database: how its tables come to be. One numbered file per change in migrations/."""
