"""`needlecare` and `python -m needlecare`: the program in a process of its own."""

import atexit
import gc


def run() -> None:
    """Run the program; whoever calls from a longer-lived process calls `needlecare.cli.main`."""
    # A run is short and keeps most of what it makes: collecting garbage on the way costs more than it frees.
    gc.disable()
    # At the end Python would look through everything once more, which takes a tenth of the run time.
    atexit.register(gc.freeze)
    from needlecare.errors import ExitCode

    try:
        from needlecare.cli import main

        main()
    except KeyboardInterrupt:  # so early that the program wasn't loaded
        raise SystemExit(ExitCode.INTERRUPTED) from None


if __name__ == "__main__":
    run()
