"""What projecting on a generator's images is worth against adversarial examples, and what it costs.

python benchmarks/defence.py MNIST_FOLDER|cases.csv|FOLDER [--quick] [--recipe vae] [--images 200] [--only PART ...]

A folder with MNIST's idx files, a case table (`medgan-fashion cases`), or one folder per class. Generator and
classifier are trained on the same part; the threshold comes from a second part, every figure from a third. Prints
markdown. Attacks that know of the defence know all of it, its seed included.
"""

import argparse
import copy
from dataclasses import replace
from pathlib import Path

import torch
from defence_data import Study, read_study
from torch import Tensor

from medgan_fashion.evaluation.encoder import build_small_cnn
from medgan_fashion.evaluation.training import Normalised, train_classifier
from medgan_fashion.gan import train
from medgan_fashion.gan.robustness.attacks import Attack, fgsm, pgd, random_start
from medgan_fashion.gan.robustness.aware import Climb, aware_attacks, manifold_pairs, strongest
from medgan_fashion.gan.robustness.defence import (
    DEFENDER,
    Defence,
    Verdicts,
    accuracy,
    at_quantiles,
    calibrated,
    contrast_kept,
    defended,
    noise_images,
    outcome,
    projected,
    spanner_of,
)
from medgan_fashion.gan.robustness.robust_training import RobustTraining, train_robust

QUANTILES = (0.8, 0.9, 0.95, 0.99)
PARTS = ("kept", "attacks", "training")  # what is left of clean images; accuracy under attack; further training


def table(*columns: str) -> None:
    """The head of a markdown table: the first column words, the others numbers."""
    print("\n| " + " | ".join(columns) + " |\n|---|" + "---:|" * (len(columns) - 1))


def row(*cells: object) -> None:
    print("| " + " | ".join(f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells) + " |", flush=True)


def parts(study: Study, args: argparse.Namespace) -> Defence:
    """The trained classifier behind the trained generator, with its threshold."""
    images, labels = study.train.images, study.train.labels
    _, channels, height, width = images.shape
    network = build_small_cnn(channels, int(labels.max()) + 1, (height, width), seed=0)
    updates = 300 if args.quick else 600
    classifier = train_classifier(network, images.numpy(), labels.numpy(), updates=updates, seed=0)
    seen = args.images_seen // 10 if args.quick else args.images_seen
    trained = train(args.recipe, images.numpy(), images_seen=seen, value_range=(0.0, 1.0), progress=False)
    spanner = spanner_of(trained.model)
    # an encoder's guess needs no company: more starts change no distance in its third digit
    search = DEFENDER if spanner.encode is None else replace(DEFENDER, starts=2, steps=100)
    return calibrated(Defence(classifier, spanner, search), study.held.images)


def share(verdicts: Verdicts, labels: Tensor) -> float:
    return float((verdicts.classes == labels).float().mean())


def attacks(study: Study, defence: Defence, steps: int) -> dict[float, tuple[Tensor, Verdicts]]:
    """Prints accuracy against epsilon, nothing rejected; epsilon -> PGD's images and what the defence says to them."""
    images, labels = study.test.images, study.test.labels
    network, without = defence.classify, replace(defence, threshold=float("inf"))
    table("attack", "epsilon", "no defence", "projected")
    row("none", 0, accuracy(network, images, labels), share(defended(without, images), labels))
    kept = {}
    for epsilon in study.epsilons:
        attack = Attack(epsilon, steps=steps, restarts=2)
        noise = random_start(images, attack, torch.Generator().manual_seed(0))
        step, climb = fgsm(network, images, labels, attack), pgd(network, images, labels, attack)
        for name, made in (("random noise", noise), ("FGSM", step)):
            row(name, epsilon, accuracy(network, made, labels), share(defended(without, made), labels))
        unaware = defended(without, climb)
        row(f"PGD-{steps}", epsilon, accuracy(network, climb, labels), share(unaware, labels))
        knowing = aware_attacks(without, images, labels, replace(attack, restarts=1))
        for name, made in knowing.items():
            row(f"aware: {name}", epsilon, accuracy(network, made, labels), share(defended(without, made), labels))
        worst, aware = strongest(without, labels, [climb, step, *knowing.values()])
        row("worst of all for each image", epsilon, accuracy(network, worst, labels), share(aware, labels))
        kept[epsilon] = (climb, unaware)
    return kept


def rejecting(study: Study, defence: Defence, epsilon: float, kept: tuple[Tensor, Verdicts], steps: int) -> None:
    """Prints what the threshold rejects, and what one who knows it does about that."""
    images, labels = study.test.images, study.test.labels
    climb, unaware = kept
    held = projected(defence.spanner, study.held.images, defence.search, seed=defence.seed).distances
    table("images", "threshold at", "rejected", "right among accepted", "accepted and wrong")
    for name, verdicts in (("clean", defended(defence, images)), (f"PGD, {epsilon:.3g}", unaware)):
        for quantile, found in zip(QUANTILES, at_quantiles(verdicts, labels, held, QUANTILES), strict=True):
            row(name, quantile, found.rejected, found.accepted_accuracy, found.fooled)
    knowing = aware_attacks(defence, images, labels, Attack(epsilon, steps=steps))
    _, worst = strongest(defence, labels, [climb, *knowing.values()])
    found = outcome(worst.classes, worst.rejected, labels)
    row(f"aware of the threshold, {epsilon:.3g}", 0.95, found.rejected, found.accepted_accuracy, found.fooled)


def without_content(study: Study, defence: Defence) -> None:
    """Prints how much is rejected of images of nothing."""
    images = study.test.images
    order = torch.randperm(images[0].numel(), generator=torch.Generator().manual_seed(0))
    shuffled = images.flatten(1)[:, order].reshape(images.shape)
    table("images", "rejected")
    noise = noise_images(len(images), images.shape[1:], (0.0, 1.0))
    for name, made in (("uniform noise", noise), ("test images, their pixels shuffled", shuffled)):
        row(name, float(defended(defence, made).rejected.float().mean()))


def retention(study: Study, defence: Defence) -> None:
    """Prints what projection leaves of clean images: the classifier's word, and the lesion's contrast."""
    images, lesions, labels = study.test.images, study.test.lesions, study.test.labels
    found = defended(defence, images)
    with torch.no_grad():
        before = torch.cat([defence.classify(part).argmax(1) for part in images.split(256)])
    table("of clean test images", "share")
    row("classified rightly", float((before == labels).float().mean()))
    row("classified rightly after the projection", share(found, labels))
    row("classified as before the projection", float((found.classes == before).float().mean()))
    if lesions is None:
        return
    kept = contrast_kept(images, found.projections.images, lesions)
    counted = kept[~kept.isnan()]
    low, middle, high = counted.quantile(torch.tensor([0.25, 0.5, 0.75])).tolist()
    row(f"lesion's contrast kept: median of {len(counted)} of {len(kept)} (quartiles {low:.2f}, {high:.2f})", middle)
    row("of these: less than half of it kept", float((counted < 0.5).float().mean()))
    row("of these: turned round", float((counted < 0).float().mean()))


def hardness(study: Study, defence: Defence, epsilon: float, steps: int) -> list[float]:
    """Accuracy on clean, FGSM and PGD images, share of pairs told apart on the manifold, accuracy on projected ones."""
    images, labels, network = study.test.images, study.test.labels, defence.classify
    attack = Attack(epsilon, steps=steps, restarts=2)
    told = torch.zeros(100, dtype=torch.bool)
    for climb in (Climb(), Climb(loss="margin")):
        found = manifold_pairs(defence.spanner, network, len(told), study.l2, climb, seed=9)
        with torch.no_grad():
            told |= network(found.first).argmax(1) != network(found.second).argmax(1)
    return [
        accuracy(network, images, labels),
        accuracy(network, fgsm(network, images, labels, attack), labels),
        accuracy(network, pgd(network, images, labels, attack), labels),
        float(told.float().mean()),
        share(defended(defence, images), labels),
    ]


def trainings(study: Study, defence: Defence, epsilon: float, updates: int, steps: int) -> None:
    """Prints what further training makes of the classifier: ordinary, on PGD examples, on pairs, on both."""
    climb = Climb(steps=20)
    plain = RobustTraining(updates, learning_rate=5e-4, climb=climb)
    attacked = replace(plain, attack=Attack(epsilon, steps=7), clean_weight=0.5)
    pairs = {"pair_weight": 0.1, "pair_epsilon": study.l2}
    table(
        "further training", "clean", f"FGSM {epsilon:.3g}", f"PGD {epsilon:.3g}", "pairs told apart", "clean, projected"
    )
    for name, how in (
        ("none", None), ("ordinary", plain), ("PGD examples", attacked),
        ("pairs on the manifold", replace(plain, **pairs)), ("both", replace(attacked, **pairs)),
    ):  # fmt: skip
        network = copy.deepcopy(defence.classify)
        if how is not None:
            assert isinstance(network, Normalised)
            train_robust(network, study.train.images, study.train.labels, how, seed=1, spanner=defence.spanner)
        row(name, *hardness(study, replace(defence, classify=network), epsilon, steps))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--quick", action="store_true", help="a minute or two: to see that it runs, not to be quoted")
    parser.add_argument("--recipe", default="vae", help="the generator's row; one that draws from z alone")
    parser.add_argument("--whole", action="store_true", help="whole pictures, not crops; with --only kept")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="what to print; all without")
    parser.add_argument("--images-seen", type=int, default=200_000, help="by the generator")
    parser.add_argument("--train", type=int, default=10_000, help="digits to train on")
    parser.add_argument("--images", type=int, default=200, help="to test on, and to set the threshold on")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    n, steps, updates = (48, 10, 40) if args.quick else (args.images, 40, 300)
    study = read_study(args.data, 2_000 if args.quick else args.train, args.whole)
    epsilons = study.epsilons[1:3] if args.quick else study.epsilons
    study = replace(study, held=study.held.first(n), test=study.test.first(n), epsilons=epsilons)
    defence = parts(study, args)
    counts = ", ".join(str(len(part.labels)) for part in (study.train, study.held, study.test))
    print(f"{args.recipe}, latent {defence.spanner.latent.size}; {counts} images; threshold {defence.threshold:.2f}")
    epsilon = study.epsilons[-2]
    if "kept" in args.only:
        retention(study, defence)
        without_content(study, defence)
    if "attacks" in args.only:
        rejecting(study, defence, epsilon, attacks(study, defence, steps)[epsilon], steps)
    if "training" in args.only:
        trainings(study, defence, epsilon, updates, steps)


if __name__ == "__main__":
    main()
