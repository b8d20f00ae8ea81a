"""Commands of the fashion application, on a catalogue, on a finished run of garments, or on both."""

from pathlib import Path

from medgan_fashion.runs.pipelines import parse_settings


def check(table: Path, purchases: Path | None = None, set: list[str] | None = None) -> None:
    """Say what of a catalogue (and of purchases) can be used, and what cannot and why.

    Args:
        table: CSV or Parquet with columns item,image,category; others are mapped by --set.
        purchases: CSV or Parquet with columns customer,item and perhaps time,event.
        set: as in a pipeline file, for example --set catalogue.columns.item=id --set catalogue.images=photos.
    """
    from medgan_fashion.cli.terminal.garments_steps import check_lines

    print("\n".join(check_lines(table, purchases, parse_settings({}, set or []))))


def recommend(
    run: Path,
    customer: list[str] | None = None,
    likes: list[str] | None = None,
    dislikes: list[str] | None = None,
    model: str = "dvbpr",
    k: int = 10,
    category: str | None = None,
    in_stock: bool = False,
    max_price: float | None = None,
    out: Path | None = None,
    vectors: Path | None = None,
) -> None:
    """The best items for customers of a finished run, or for a new one known by likes alone.

    Args:
        run: folder of a finished `run garments`.
        customer: the shop's ID or the pseudonym; may be repeated; default: all.
        likes: item IDs that a new customer likes; may be repeated.
        dislikes: item IDs that a new customer does not like.
        model: popularity, item_knn, als, bpr, vbpr or dvbpr.
        k: how many.
        category: of this category alone.
        in_stock: leave out what is sold out.
        max_price: leave out what costs more.
        out: Parquet or CSV file (customer, rank, item, score); without, the first lists are printed.
        vectors: folder to export customers' and items' vectors to.
    """
    from medgan_fashion.cli.terminal.garments_steps import Filters, recommend_step

    filters = Filters(category, in_stock, max_price)
    print("\n".join(recommend_step(run, customer or [], likes or [], dislikes or [], model, k, filters, out, vectors)))


def similar(run: Path, item: str, model: str = "dvbpr", k: int = 10) -> None:
    """The items most like one of the catalogue, in a recommender's eyes.

    Args:
        run: folder of a finished `run garments`.
        item: its ID.
        model: a recommender with vectors.
        k: how many.
    """
    from medgan_fashion.cli.terminal.garments_steps import similar_step

    print("\n".join(similar_step(run, item, model, k)))


def design(
    run: Path,
    category: str,
    customer: list[str] | None = None,
    likes: list[str] | None = None,
    dislikes: list[str] | None = None,
    out: Path = Path("designs"),
    set: list[str] | None = None,
    seed: int = 0,
) -> None:
    """Design the garments that a customer (or a segment of several) would like most.

    Args:
        run: folder of a finished `run garments`.
        category: what to design.
        customer: the shop's ID or the pseudonym; repeated: one design for all of them together.
        likes: item IDs that a new customer likes; may be repeated.
        dislikes: item IDs that a new customer does not like.
        out: folder for the pictures, marked as synthetic, and designs.json.
        set: one setting of the design, for example --set eta=0.1 --set segment=minimum; may be repeated.
        seed: another seed, other designs.
    """
    from medgan_fashion.cli.terminal.garments_steps import design_step

    given = (customer or [], likes or [], dislikes or [])
    print("\n".join(design_step(run, category, given, out, parse_settings({}, set or []), seed)))


def restyle(
    run: Path,
    category: str,
    photo: Path | None = None,
    item: str | None = None,
    customer: list[str] | None = None,
    likes: list[str] | None = None,
    dislikes: list[str] | None = None,
    out: Path = Path("restyled"),
    toward: str | None = None,
    set: list[str] | None = None,
    seed: int = 0,
) -> None:
    """Draw a photographed garment with the GAN, say how faithful that is, and walk it towards a customer's taste.

    Args:
        run: folder of a finished `run garments`.
        category: what the photo shows.
        photo: a picture file.
        item: or an item of the catalogue.
        customer: the shop's ID or the pseudonym.
        likes: item IDs that a new customer likes; may be repeated.
        dislikes: item IDs that a new customer does not like.
        out: folder for the pictures, marked as synthetic, and restyled.json.
        toward: an attribute of the catalogue and its value, for example colour=blue: two more pictures, turned to it.
        set: one setting, for example --set walk_steps=60; may be repeated.
        seed: everything random follows from it.
    """
    from medgan_fashion.cli.terminal.garments_steps import restyle_step

    given = (customer or [], likes or [], dislikes or [])
    print("\n".join(restyle_step(run, category, photo, item, given, out, parse_settings({}, set or []), toward, seed)))


def evaluate_ranking(run: Path, against: Path = Path("theirs.parquet"), model: str = "dvbpr", k: int = 10) -> None:
    """Judge the lists of a system that exists already, on the same split as ours; it may be better.

    Args:
        run: folder of a finished `run garments`.
        against: Parquet or CSV with columns customer, rank, item.
        model: ours to compare with.
        k: length of the lists.
    """
    from medgan_fashion.cli.terminal.garments_steps import against_step

    print("\n".join(against_step(run, against, model, k)))


def forget(run: Path, customer: str) -> None:
    """Remove a customer's purchases, vectors, likes and results from a run folder.

    Args:
        run: a run folder.
        customer: the shop's ID or the pseudonym.
    """
    from medgan_fashion.fashion.run.forget import forget_customer

    print("\n".join(forget_customer(run, customer)))
