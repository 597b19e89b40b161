"""The pages for the public and for whoever holds a personal link."""
