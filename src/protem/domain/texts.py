"""Texts of others, as every database can keep them and every hash can be taken of them."""


def readable(text: str) -> str:
    """Return ``text`` with something to look at in place of NULs and halves of characters."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()
