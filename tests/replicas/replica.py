"""The program itself, with leases so short that a test can see one lapse."""

import sys

import app
from bot.tenant import Leases

LEASES = Leases(lease_s=4.0)

if __name__ == "__main__":
    sys.exit(app.main(sys.argv[1:], LEASES))
