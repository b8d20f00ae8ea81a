"""The tables of the studio's database, as they are now; `migrations` brings older ones here."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
KEY = String(32)
RUN = String(200)

people = Table(
    "people",
    metadata,
    Column("id", KEY, primary_key=True),  # 128 random bits; who has it is that person
    Column("name", String(80), nullable=False),
    Column("created", Float, nullable=False),  # seconds since 1970, as everywhere below
)

# one person's word on one item of one run: 1 likes it, -1 does not, 0 took it back
opinions = Table(
    "opinions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", KEY, ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("run", RUN, nullable=False),
    Column("item", Text, nullable=False),
    Column("value", Integer, nullable=False),
    Column("created", Float, nullable=False),
    UniqueConstraint("person", "run", "item"),
)

# A or B
choices = Table(
    "choices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", KEY, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("run", RUN, nullable=False),
    Column("better", Text, nullable=False),
    Column("worse", Text, nullable=False),
    Column("created", Float, nullable=False),
)

# work for the background; survives every process
jobs = Table(
    "jobs",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("person", KEY, ForeignKey("people.id", ondelete="CASCADE"), index=True),
    Column("run", RUN, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("lane", String(20), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String(20), nullable=False, index=True),  # waiting, running, done, failed, dropped
    Column("rounds", Integer, nullable=False),  # finished ones: who has had fewer goes first
    Column("done", Float, nullable=False),  # progress, 0 to 1
    Column("said", Text, nullable=False),  # to the person who waits
    Column("result", JSON),
    Column("tries", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("changed", Float, nullable=False),  # the worker's heartbeat while it runs
)

# every picture that was drawn for somebody, with what it came from
pictures = Table(
    "pictures",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("person", KEY, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("run", RUN, nullable=False),
    Column("model", String(64), nullable=False),  # sha256 of its file; "" for a photo
    Column("category", String(200), nullable=False),
    Column("op", String(20), nullable=False),  # how it came to be
    Column("parents", JSON, nullable=False),  # their ids, in order
    Column("facts", JSON, nullable=False),  # seed and whatever else the op was told or found
    Column("z", LargeBinary, nullable=False),  # float32, little endian; empty for a photo
    Column("pixels", LargeBinary),  # PNG of a photo, decoded and encoded again; nothing else is kept of an upload
    Column("name", String(120), nullable=False),
    Column("kept", Boolean, nullable=False),
    Column("job", KEY, index=True),
    Column("created", Float, nullable=False),
)

studies = Table(
    "studies",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("run", RUN, nullable=False),
    Column("title", String(200), nullable=False),
    Column("settings", JSON, nullable=False),  # seed and size; the cases follow from them and the run
    Column("cases", JSON, nullable=False),  # in the study's own order: opaque id, fold, row, synthetic, class
    Column("created", Float, nullable=False),
)

readers = Table(
    "readers",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("study", KEY, ForeignKey("studies.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("person", KEY, ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("alias", String(80), nullable=False),
    Column("created", Float, nullable=False),
    UniqueConstraint("study", "person"),
)

readings = Table(
    "readings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reader", KEY, ForeignKey("readers.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),  # in this reader's order
    Column("case", String(16), nullable=False),
    Column("synthetic", Boolean, nullable=False),  # what the reader says
    Column("confidence", Integer, nullable=False),  # 1 guess .. 5 sure
    Column("label", String(200), nullable=False),  # class that the reader names, "" where not asked
    Column("seconds", Float, nullable=False),
    Column("created", Float, nullable=False),
    UniqueConstraint("reader", "case"),
)
