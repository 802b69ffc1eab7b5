"""Names that every module has without defining them."""

MODULE_NAMES = (
    "__name__",
    "__doc__",
    "__file__",
    "__path__",
    "__package__",
    "__spec__",
    "__loader__",
    "__dict__",
)
"""What every module has."""
