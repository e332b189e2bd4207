"""Reports of a run: one value, written in the forms that people and machines read."""
