"""Golden transcripts: what patients read and staff get on every branch of every program, replayed through the real engine and texts.

`tests/data/transcripts/<program>.yaml` says what happens; docs/programs/<program>.<language>.md is what comes of it.
`python -m tests.transcripts` writes those pages anew; tests/unit/test_transcripts.py refuses pages that are not what the code does.
"""
