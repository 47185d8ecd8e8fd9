"""`python -m zebros` is the `zebros` command."""

from zebros.cli.main import main

if __name__ == "__main__":
    main()
