"""Write docs/programs anew."""

import sys

from tests.transcripts import page

if __name__ == "__main__":
    for path, text in page.every().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for path in page.strays():
        path.unlink()
    sys.stdout.write(f"{len(page.every())} pages\n")
