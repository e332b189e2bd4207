"""What orders that are passed on may cost together: promised before they are sent."""

from decimal import Decimal


class OverBudget(Exception):
    """An order that is not sent; the text says why, in a sentence."""


class Budget:
    """Dollars by the price list. ``limit`` None has room for everything, and counts all the same.

    What an order costs is promised before it is sent, and taken back only where the upstream
    refused it: an order whose answer got lost may have been taken.
    """

    def __init__(self, limit: Decimal | None) -> None:
        self.limit = limit
        self.promised = Decimal(0)

    def promise(self, usd: Decimal | None, why: str = "") -> Decimal:
        """Set an order's price aside; OverBudget where it has none, or there is no room for it."""
        if self.limit is None:
            usd = Decimal(0) if usd is None else usd
        elif usd is None:
            raise OverBudget(f"--max-cost: the order has no price{f' ({why})' if why else ''}")
        elif self.promised + usd > self.limit:
            left = self.limit - self.promised
            raise OverBudget(f"--max-cost: the order costs {usd:.4f} USD, and {left:.4f} are left")
        self.promised += usd
        return usd

    def take_back(self, usd: Decimal) -> None:
        """The order was refused."""
        self.promised -= usd
