"""What somebody else wrote, read within bounds and made harmless before it is shown."""
