from billing import ledger

book = ledger.open_book("2026")

# give the customer 25.00 EUR back for order A-17
receipt = ledger.
