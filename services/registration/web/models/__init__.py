"""What the API takes and gives, and what the forms are checked by: one module for each noun."""
