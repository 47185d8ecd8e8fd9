"""Entry point of ``python -m zebros_local``."""

from zebros_local.cli import main

main()
