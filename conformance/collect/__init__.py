"""The second stage: requests out, what came back written down."""
