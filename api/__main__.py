"""Run the command line: `python -m discstack`."""

from discstack.cli import main

if __name__ == "__main__":
    main()
