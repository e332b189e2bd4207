"""The command ``seedance-sim``, and the session of the fixtures for pytest."""
