"""The first stage: what would be sent for which rows, and at what worst price."""
