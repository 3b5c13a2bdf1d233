"""What the reconciler needs to keep its word at AWS's limits, and with a long history."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
