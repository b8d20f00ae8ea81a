"""Commands on public data sets: list, verify, fetch."""

from pathlib import Path


def list_datasets() -> None:
    """List the public data sets there are cards for."""
    from medgan_fashion.imaging.discover import dataset_cards

    for card in dataset_cards.list_datasets():
        print(f"{card.name:24} {card.what}\n{'':24} {card.licence}")


def verify(name: str, folder: Path) -> None:
    """Check a data set on disk against its card.

    Args:
        name: a name from `datasets list`.
        folder: where it lies.
    """
    from medgan_fashion.imaging.discover import dataset_cards

    print(f"{dataset_cards.verify_dataset(name, folder)} files in {folder} agree with the card {name}")


def fetch(name: str, folder: Path) -> None:
    """Download a data set whose card has an address and a checksum; otherwise say where it is to be had.

    Args:
        name: a name from `datasets list`.
        folder: where to put it.
    """
    from medgan_fashion.imaging.discover import dataset_cards

    print(dataset_cards.fetch_dataset(name, folder))
