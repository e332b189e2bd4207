"""The documents as data: what `fixtures/` holds, as frozen values."""
