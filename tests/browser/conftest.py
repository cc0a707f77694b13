"""What browser tests share: how long a page may take on a machine that is busy with the other tests."""

from playwright.sync_api import expect

PATIENCE_MS = 15_000

expect.set_options(timeout=PATIENCE_MS)
