"""The command ``seedance-sim``, and the fixtures for pytest."""
