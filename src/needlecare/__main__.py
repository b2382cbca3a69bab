"""`python -m needlecare` is the same as `needlecare`."""

from needlecare.cli import main

main()
