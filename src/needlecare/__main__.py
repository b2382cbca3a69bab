"""`needlecare` and `python -m needlecare`: the program in a process of its own."""

import atexit
import gc
import os
import signal


def run() -> None:
    """Run the program; whoever calls from a longer-lived process calls `needlecare.cli.main`."""
    # A run is short and keeps most of what it makes: collecting garbage on the way costs more than it frees.
    gc.disable()
    # At the end Python would look through everything once more, which takes a tenth of the run time.
    atexit.register(gc.freeze)
    heard = signal.getsignal(signal.SIGINT)
    try:
        if heard is signal.default_int_handler:
            # While it is loaded, Ctrl-C ends it without a word.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        from needlecare.cli import main

        signal.signal(signal.SIGINT, heard)
        main()
    except (ImportError, MemoryError) as error:
        # That is neither a yes nor a no, and to end in good order takes memory too.
        os.write(2, f"needlecare: can't run: {str(error) or 'there is too little memory'}\n".encode())
        os._exit(2)


if __name__ == "__main__":
    run()
