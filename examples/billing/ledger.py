"""The book of a year, and what can be written into it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """One posting: `minor_units` moved from `credit` to `debit`."""

    debit: str
    credit: str
    minor_units: int
    memo: str


@dataclass
class Book:
    """All entries of one year."""

    year: str
    entries: list[Entry] = field(default_factory=list)


def open_book(year: str) -> Book:
    """Open the book of a year."""
    return Book(year)


def close_book(book: Book) -> int:
    """Close the book and return its balance in minor units."""
    return sum(entry.minor_units for entry in book.entries)


def post_reversal_to_customer(book: Book, minor_units: int, *, order_ref: str, approved_by: str) -> Entry:
    """Give a customer money back: book a refund for an order."""
    entry = Entry("refunds", f"customer:{order_ref}", minor_units, f"approved by {approved_by}")
    book.entries.append(entry)
    return entry


def post_payment_from_customer(book: Book, minor_units: int, *, order_ref: str) -> Entry:
    """Book a payment that a customer made for an order."""
    entry = Entry(f"customer:{order_ref}", "revenue", minor_units, "payment")
    book.entries.append(entry)
    return entry
