"""What the daemon does with what it sees, from outside: every write and every channel, and a picture to look for."""
