"""`python -m cxr_core`: the same readings from the command line."""

import sys

from cxr_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
