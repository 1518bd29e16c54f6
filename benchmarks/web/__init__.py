"""What answers cost, and what the database does with them: the table of chapter 09, section 1.6."""
