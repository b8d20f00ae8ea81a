"""People, what they said, jobs and pictures."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None
_KEY, _RUN = sa.String(32), sa.String(200)


def _person(*, nullable: bool = False, index: bool = False) -> sa.Column[str]:
    return sa.Column("person", _KEY, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=nullable, index=index)


def upgrade() -> None:
    """From nothing."""
    op.create_table(
        "people",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_table(
        "opinions",
        sa.Column("id", sa.Integer, primary_key=True),
        _person(),
        sa.Column("run", _RUN, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("person", "run", "item"),
    )
    op.create_table(
        "choices",
        sa.Column("id", sa.Integer, primary_key=True),
        _person(index=True),
        sa.Column("run", _RUN, nullable=False),
        sa.Column("better", sa.Text, nullable=False),
        sa.Column("worse", sa.Text, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_table(
        "jobs",
        sa.Column("id", _KEY, primary_key=True),
        _person(nullable=True, index=True),
        sa.Column("run", _RUN, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("lane", sa.String(20), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", sa.String(20), nullable=False, index=True),
        sa.Column("rounds", sa.Integer, nullable=False),
        sa.Column("done", sa.Float, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("result", sa.JSON),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("changed", sa.Float, nullable=False),
    )
    op.create_table(
        "pictures",
        sa.Column("id", _KEY, primary_key=True),
        _person(index=True),
        sa.Column("run", _RUN, nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("category", sa.String(200), nullable=False),
        sa.Column("op", sa.String(20), nullable=False),
        sa.Column("parents", sa.JSON, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("z", sa.LargeBinary, nullable=False),
        sa.Column("pixels", sa.LargeBinary),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kept", sa.Boolean, nullable=False),
        sa.Column("job", _KEY, index=True),
        sa.Column("created", sa.Float, nullable=False),
    )
