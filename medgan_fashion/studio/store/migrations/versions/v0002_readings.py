"""Reader studies."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"
_KEY = sa.String(32)


def upgrade() -> None:
    """Three tables more."""
    op.create_table(
        "studies",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("run", sa.String(200), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("cases", sa.JSON, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_table(
        "readers",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("study", _KEY, sa.ForeignKey("studies.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("person", _KEY, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
        sa.Column("alias", sa.String(80), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("study", "person"),
    )
    op.create_table(
        "readings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reader", _KEY, sa.ForeignKey("readers.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("case", sa.String(16), nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("confidence", sa.Integer, nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("reader", "case"),
    )
