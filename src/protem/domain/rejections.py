"""Why a credential is no good: for whoever watches over the installation, not for whoever presented it."""

from enum import StrEnum


class Rejection(StrEnum):
    """One reason each; they are counted and put on record under these names."""

    TYPO = "typo"
    """It looks like a token of ours, but its checksum does not fit: cut off, or mistyped."""
    UNKNOWN = "unknown"
    """Its checksum fits, and it was never given out here, or was replaced long ago: perhaps a forgery."""
    REVOKED = "revoked"
    EXPIRED = "expired"
    ROTATED = "rotated"
    """The secret before the last rotation, after the overlap: somebody still uses it."""
    LEFT = "left"
    """Whose token it is has left the directory."""
    NETWORK = "network"
    """A good one, from where it may not be used."""
    ACT_AS = "act_as"
    """A good one, as somebody whom it may not act as."""
    IDENTITY = "identity"
    """One of the identity provider, or a login, that is no good."""
    UNRECOGNISED = "unrecognised"
    """Of no kind that is known here."""
