"""What EvoLink counts in, and what that is in money (the vendor's own programs, 2026)."""

UNIT = "credits"
CREDITS_OF_DOLLAR = 68
CREDITS_OF_YUAN = 10
