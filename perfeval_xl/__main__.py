"""``python -m perfeval_xl``: the same as the command ``perfeval``."""

from perfeval_xl.cli import main

main()
