"""Orders and lives at random, for endpoints that cost nothing."""
