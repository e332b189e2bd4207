"""The clips: exact to the frame, recognisable, and cheap."""
