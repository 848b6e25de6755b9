"""One file through all rooms, and many of them. May import everything but the command line."""
