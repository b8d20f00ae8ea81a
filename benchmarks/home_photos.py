"""Real people and their own photos (the clothing data set by sender): ranking of garments that no training saw, and
what a GAN of catalogue photos makes of pictures taken at home.

    python benchmarks/home_photos.py ranking FOLDER
    python benchmarks/home_photos.py inversion FOLDER RUN      # RUN: a finished `run garments` on catalogue photos

Each garment has one owner, so a garment held back is cold, and purchases say nothing of it: only recommenders that
look at pictures can rank it, beside random order.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from medgan_fashion.evaluation.ranking import customer_interval
from medgan_fashion.fashion.config import CatalogueConfig, PurchaseConfig
from medgan_fashion.fashion.data.catalogue import Catalogue, read_catalogue
from medgan_fashion.fashion.data.purchases import read_purchases, split_purchases
from medgan_fashion.fashion.recommend.evaluate import judge_task, ranking_task
from medgan_fashion.fashion.recommend.recommenders import Chance, fit
from medgan_fashion.fashion.recommend.towers import train_catalogue_encoder
from medgan_fashion.fashion.restyle.invert import answers, draw_photos, load_limits
from medgan_fashion.fashion.run.open import open_run

SIZE, SHARE, K = 32, 0.2, 10
KINDS = {
    "Topwear": ("T-Shirt", "Longsleeve", "Shirt", "Polo", "Top", "Hoodie", "Blouse", "Blazer", "Outwear", "Undershirt"),
    "Bottomwear": ("Pants", "Shorts", "Skirt"),
    "Shoes": ("Shoes",),
}


def wardrobe(folder: Path, size: int, seed: int) -> Catalogue:
    """The photos with their labels as categories; a fifth of them held out by `seed`."""
    columns = {"item": "image", "category": "label"}
    config = CatalogueConfig(
        size=size, columns=columns, images="images", suffix=".jpg", hold_out=SHARE, hold_out_seed=seed
    )
    return read_catalogue(folder / "images.csv", config)[0]


def ranked(folder: Path, seed: int) -> dict[str, dict[str, dict[str, float]]]:
    """Model -> figure -> person -> value, of one hold-out."""
    items = wardrobe(folder, SIZE, seed)
    people = PurchaseConfig(columns={"customer": "sender_id", "item": "image"})
    bought, _ = read_purchases(folder / "images.csv", items, people)
    split = split_purchases(bought, items, seed)
    task = ranking_task(split, items, "cold")
    encoder = train_catalogue_encoder(items, seed=seed)
    models = {
        "random": Chance(bought.customers, items.items, seed),
        "vbpr": fit("vbpr", items, split.train, seed=seed, encoder=encoder),
        "dvbpr": fit("dvbpr", items, split.train, seed=seed),
    }
    found = {}
    for name, model in models.items():
        quality = judge_task(model, task, K, seed)
        assert quality is not None
        names = [bought.customers[row] for row in quality.customers]
        found[name] = {f: dict(zip(names, quality.values[f].tolist(), strict=True)) for f in ("auc", "hit", "ndcg")}
    return found


def ranking(folder: Path, seeds: int) -> None:
    """Prints cold figures, a person's mean over hold-outs first, intervals over persons."""
    runs = [ranked(folder, seed) for seed in range(seeds)]
    print("| recommender | AUC | HR@10 | NDCG@10 |\n|---|---|---|---|")
    for name in runs[0]:
        cells = []
        for figure in ("auc", "hit", "ndcg"):
            people = sorted({person for run in runs for person in run[name][figure]})
            means = [np.mean([r[name][figure][p] for r in runs if p in r[name][figure]]) for p in people]
            one = customer_interval(np.array(means))
            cells.append(f"{one.estimate:.3f} ({one.low:.3f} to {one.high:.3f})")
        print(f"| {name} | {' | '.join(cells)} |")


def inversion(folder: Path, run: Path, n: int) -> None:
    """Prints the three answers for home photos beside those for held-out catalogue photos."""
    opened = open_run(run)
    atelier, limits = opened.atelier(), load_limits(run / opened.parts.limits / "limits.json")
    items = wardrobe(folder, opened.catalogue.size, 0)
    kind = {label: name for name, labels in KINDS.items() for label in labels if name in atelier.model.card.classes}
    usable = np.flatnonzero([items.categories[c] in kind for c in items.category])
    rows = np.random.default_rng(0).permutation(usable)[:n]
    kinds = [opened.catalogue.categories.index(kind[items.categories[items.category[row]]]) for row in rows]
    drawn = draw_photos(atelier, items.floats(rows), kinds, encoder=opened.latent_encoder(), seed=0)
    given = Counter(answers(limits, drawn.quality))
    print("| photos | n | faithful | closest we can draw | cannot | median SSIM |\n|---|---|---|---|---|---|")
    shares = " | ".join(f"{limits.shares[a]:.0%}" for a in ("faithful", "closest we can draw", "cannot"))
    with np.load(run / opened.parts.limits / "drawn.npz") as arrays:
        print(f"| held-out catalogue | {limits.photos} | {shares} | {np.median(arrays['quality_ssim']):.2f} |")
    shares = " | ".join(f"{given[a] / len(rows):.0%}" for a in ("faithful", "closest we can draw", "cannot"))
    print(f"| taken at home | {len(rows)} | {shares} | {np.median(drawn.quality.ssim):.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["ranking", "inversion"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--seeds", type=int, default=5, help="hold-outs (ranking)")
    parser.add_argument("--photos", type=int, default=40, help="photos (inversion)")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.what == "ranking":
        ranking(given.folder, given.seeds)
    elif given.run is None:
        parser.error("inversion needs RUN, a finished run of garments")
    else:
        inversion(given.folder, given.run, given.photos)


if __name__ == "__main__":
    main()
