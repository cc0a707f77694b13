"""matplotlib, loaded by whoever draws first: by one thread, while the others wait.

Two threads that begin it at the same moment (a page asks for five pictures at once) each find the other's half: both fail, and matplotlib
stays broken for as long as the process lives.
"""

from threading import Lock

_LOADING = Lock()


def load() -> None:
    """Have all that is drawn with there and whole. To be called before anything of matplotlib is imported; cheap from then on."""
    with _LOADING:
        import matplotlib.backends.backend_agg
        import matplotlib.backends.backend_pdf
        import matplotlib.patheffects
        import matplotlib.textpath  # noqa: F401 - the rest comes with these
