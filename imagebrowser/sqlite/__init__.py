"""Django's SQLite, with a line in front of it for those who write."""
