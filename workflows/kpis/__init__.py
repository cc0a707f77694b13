"""What came of the outreach, counted from the rows as they stand."""
