"""soothsay align: adapting the local model on this machine."""

from __future__ import annotations

from typing import Any

from soothsay.cli.align_adapters import add_adapter_parsers
from soothsay.cli.align_pairs import add_pairs_parser
from soothsay.cli.align_train import add_train_parser


def add_align_parser(commands: Any) -> None:
    """Add the command to ``commands``."""
    parser = commands.add_parser(
        "align", help="adapt the local model, on this machine: pairs, training and adapters"
    )
    verbs = parser.add_subparsers(dest="align_command", metavar="COMMAND", required=True)
    add_pairs_parser(verbs)
    add_train_parser(verbs)
    add_adapter_parsers(verbs)
