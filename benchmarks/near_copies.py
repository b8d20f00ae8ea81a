"""How often each rule on near copies errs: on planted copies, and on pictures of other patients.

python benchmarks/near_copies.py [CASES.csv] [--whole | --films] [--copies 40]

Without a case table on 100 phantom patients: liver lesions, or with --films their mammograms. Lesions at 32 x 32,
whole pictures at 64 x 64, films at 80 x 64. GATE and SCREEN are asked of altered training images and of held-out
reals; GROUP and AUDIT of the table's rows, each kind of second version planted by itself under new patients.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from planted_copies import Groups, Pictures, copies, divided, prepared, versions

from medgan_fashion.imaging.cases.config import ImageConfig, mammogram_image
from medgan_fashion.imaging.prepare.imageset import ImageSet, centre
from medgan_fashion.imaging.prepare.intensity import fit_intensity
from medgan_fashion.imaging.prepare.near_copies.copies import find_copies
from medgan_fashion.imaging.prepare.near_copies.groups import join_look_alikes, look_alikes
from medgan_fashion.imaging.prepare.near_copies.rules import AUDIT, GATE, GROUP, SCREEN
from medgan_fashion.imaging.prepare.near_copies.search import TrainingImages, most_similar
from medgan_fashion.medical.config import phantom_image_config

FINER = 4  # second versions are made of pictures this many times as large, then shrunk to what is prepared


def percent(flags: Pictures) -> str:
    return f"{100 * flags.mean():.1f}"


def of_training(images: ImageSet, config: ImageConfig, n: int) -> None:
    """GATE and SCREEN: copies of n training images, and the reals of held-out patients."""
    train, held, canvases, unseen = divided(images, config)
    rng = np.random.default_rng(0)
    planted = copies(canvases[rng.permutation(len(canvases))[:n]], config.size, rng)
    sets = planted | {f"{len(held.labels)} held-out reals": np.ascontiguousarray(centre(unseen, config.size))}
    found = find_copies(np.concatenate(list(sets.values())), canvases, config.size, train.groups)
    ends = np.cumsum([len(some) for some in sets.values()])
    thresholds = [rule.threshold(found.others) for rule in (GATE, SCREEN)]
    print(f"\n| called copies, % | GATE ({thresholds[0]:.3f}) | SCREEN ({thresholds[1]:.3f}) |\n|---|---|---|")
    for name, start, end in zip(sets, [0, *ends], ends, strict=False):
        some = found.take(slice(start, end))
        print(f"| {name} | {percent(some.flags(GATE))} | {percent(some.flags(SCREEN))} |", flush=True)
    middle, high, most = np.quantile(found.similarity[ends[-2] :], [0.5, 0.99, 1])
    print(f"\nSimilarity of held-out reals: median {middle:.3f}, 99 % below {high:.3f}, highest {most:.3f}.")


def shrunk(pictures: Pictures) -> Pictures:
    n, channels, h, w = pictures.shape
    return pictures.reshape(n, channels, h // FINER, FINER, w // FINER, FINER).mean((3, 5), dtype=np.float32)


def of_rows(images: ImageSet, groups: Groups, config: ImageConfig, n: int) -> None:
    """GROUP and AUDIT: second versions of n rows under new patients, and what is joined without any."""
    large = (config.size[0] * FINER, config.size[1] * FINER)
    fine = fit_intensity(images.images, config.intensity, large).apply(images.images)
    canvases, rng = shrunk(fine), np.random.default_rng(1)
    joined, pairs = join_look_alikes(canvases, config.size, groups)
    flagged = look_alikes(canvases, config.size, groups, AUDIT)
    touched = len(np.unique(groups[np.array(pairs, dtype=int)]))
    rows = rng.permutation(len(canvases))[:n]
    named, origin = (np.concatenate([joined, new]) for new in (joined.max() + 1 + np.arange(len(rows)), joined[rows]))
    print("\n| joined or flagged, % | GROUP | AUDIT |\n|---|---|---|")
    for name, made in versions(fine[rows], FINER, rng).items():
        every = np.concatenate([canvases, shrunk(made)])
        training, same = TrainingImages(every, config.size), named[:, None] == named
        found, nearest = most_similar(centre(every, config.size), training, same)
        right = origin[found[-len(rows) :]] == joined[rows]  # the row itself, or a version of one of its group
        said = [right & (nearest[-len(rows) :] > rule.threshold(nearest)) for rule in (GROUP, AUDIT)]
        print(f"| {name} | {percent(said[0])} | {percent(said[1])} |", flush=True)
    print(f"| pairs without planting | {len(pairs)} | {len(flagged)} |")
    print(f"\nWithout planting GROUP touched {touched} of {groups.max() + 1} groups of {len(canvases)} rows.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", type=Path)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--whole", action="store_true")
    kind.add_argument("--films", action="store_true")
    parser.add_argument("--copies", type=int, default=40)
    given = parser.parse_args()
    torch.set_num_threads(1)
    config = ImageConfig() if given.cases else phantom_image_config()
    if given.films:
        config = mammogram_image("whole", (80, 64))
    elif given.whole:
        config = replace(config, size=(64, 64), roi="whole")
    of_training(prepared(given.cases, config)[0], config, given.copies)
    fine = replace(config, size=(config.size[0] * FINER, config.size[1] * FINER))
    of_rows(*prepared(given.cases, fine), config, given.copies)


if __name__ == "__main__":
    main()
