"""Each modal at its largest: one file a modal, named as in `bot/modals`, exporting `lines(level)`."""
