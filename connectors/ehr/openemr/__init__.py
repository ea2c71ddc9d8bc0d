"""OpenEMR 8 through its MariaDB: which tables are read, and what their rows mean in the care vocabulary."""
