"""The one error a person meets: what is wrong with what, and the cure. Everything else is a bug and keeps its stack."""

import sys


class BadInput(Exception):
    pass


def needs(*modules):
    """Ends with the Debian package names of what is not installed."""
    import importlib.util

    missing = [f"python3-{m}" for m in modules if importlib.util.find_spec(m) is None]
    if missing:
        packages = " ".join(missing)
        print(f"{sys.executable} lacks packages; apt-get install {packages}, and run /usr/bin/python3", file=sys.stderr)
        sys.exit(2)
