"""What an official form says: its fields, rules and checks as data. May import model and below."""
