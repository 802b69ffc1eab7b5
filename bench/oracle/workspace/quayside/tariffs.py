"""Dues and how they are charged."""

from __future__ import annotations

from decimal import Decimal

import boto3


class Ledgerette:
    """A small account of one ship's call."""

    def __init__(self, imo: str, currency: str = "EUR") -> None:
        self.imo = imo
        self.currency = currency
        self.lines: list[tuple[str, Decimal]] = []

    def levy(self, what: str, amount: Decimal, *, vat_code: str) -> None:
        """Charge something."""
        self.lines.append((what, amount))

    def waive(self, what: str, *, approved_by: str) -> Decimal:
        """Do not charge it after all."""
        return Decimal(0)

    def settle_up(self, iban: str, *, due_days: int = 30) -> str:
        """Make the invoice."""
        return f"{self.imo}:{iban}:{due_days}"


def gross_tonnage_dues(gt: int, stay_days: int, *, green_rebate: bool = False) -> Decimal:
    """Dues by the size of the ship."""
    return Decimal(gt * stay_days) * (Decimal("0.9") if green_rebate else 1)


def demurrage(box_count: int, days_late: int, *, free_days: int = 3) -> Decimal:
    """What late boxes cost."""
    return Decimal(box_count * max(0, days_late - free_days))


def archive_invoice(bucket: str, key: str, body: bytes) -> None:
    """Keep an invoice for the auditors."""
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
