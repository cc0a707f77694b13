"""Charts for managers as PNGs with a text for who cannot see them. Plain numbers go in; nothing of a patient ever does.

`trend`, `funnel`, `heat`, `phases` and `bars` each have `draw(finding, …) -> Picture`: the finding is the title, the caller's sentence.
matplotlib is loaded by the first picture drawn, never by an import: a web process that draws nothing stays small.
"""
