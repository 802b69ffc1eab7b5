from billing import ledger

book = ledger.open_book("2026")

# give the customer 2500 cents back for order A-17
receipt = ledger.
