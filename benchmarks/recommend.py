"""Recommending and its training against what there is, and what shops of three sizes cost.

python benchmarks/recommend.py lists [--items 100000 1000000] [--customers 1000] [--k 100] [--threads 1]
python benchmarks/recommend.py epoch [--items 2000] [--customers 4000] [--purchases 20000] [--size 32]
python benchmarks/recommend.py shops [--items 2000 20000 200000] [--size 64]

lists: the k best of N items for each customer, 64 factors, float32, items seen masked; ours in blocks, `implicit`'s
recommend of an ALS model with the same factors, and the plain product of the whole tables with a partition. Each
side runs in a process of its own, in turn; its time is the median of the rounds, its memory the highest of the
process less that of the same process before. Lists are compared. epoch: one round over the purchases. shops: hours
and GB of the whole chain. Each prints a Markdown table. Ratios are of CPU seconds, in which other work on the
machine does not count; with one thread they are the seconds of an idle machine.
"""

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_matrix

FACTORS, SEEN = 64, 20
SIDES = ("ours", "implicit", "plain product")


def tables(n_items: int, n_customers: int) -> tuple[np.ndarray, np.ndarray, csr_matrix]:
    """Random factors and what each customer has seen."""
    rng = np.random.default_rng(0)
    theta, phi = (rng.standard_normal((n, FACTORS), dtype=np.float32) for n in (n_customers, n_items))
    who = np.repeat(np.arange(n_customers), SEEN)
    ones = np.ones(len(who), dtype=np.float32)
    seen = csr_matrix((ones, (who, rng.integers(n_items, size=len(who)))), shape=(n_customers, n_items))
    return theta, phi, seen


def peak_mb() -> float:
    """Highest memory of this process so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def prepare(side: str, theta: np.ndarray, phi: np.ndarray, seen: csr_matrix, k: int, threads: int) -> Callable:
    """What is timed: () -> rows (customers, k)."""
    if side == "ours":
        from medgan_fashion.fashion.recommend.top_k import top_k

        bias = np.zeros(len(phi), dtype=np.float32)
        return lambda: top_k(theta, phi, bias, k, exclude=seen)[0]
    if side == "implicit":
        from implicit.cpu.als import AlternatingLeastSquares

        model = AlternatingLeastSquares(factors=FACTORS, num_threads=threads)
        model.user_factors, model.item_factors = theta, phi
        return lambda: model.recommend(np.arange(len(theta)), seen, N=k)[0]

    def plain() -> np.ndarray:
        scores = theta @ phi.T
        scores[seen.nonzero()] = -np.inf
        rows = np.argpartition(scores, -k, axis=1)[:, -k:]
        order = np.argsort(-np.take_along_axis(scores, rows, 1), axis=1)
        return np.take_along_axis(rows, order, 1)

    return plain


def one_side(side: str, n_items: int, n_customers: int, k: int, threads: int, rounds: int) -> dict[str, Any]:
    """In a process of its own: median seconds, median CPU seconds, MB above what was held before, and the lists."""
    theta, phi, seen = tables(n_items, n_customers)
    run = prepare(side, theta, phi, seen, k, threads)
    before, took, rows = peak_mb(), [], None
    for _ in range(rounds):
        started = time.perf_counter(), time.process_time()
        rows = run()
        took.append((time.perf_counter() - started[0], time.process_time() - started[1]))
    assert rows is not None
    wall, cpu = (statistics.median(part) for part in zip(*took, strict=True))
    return {"seconds": wall, "cpu": cpu, "mb": peak_mb() - before, "lists": np.asarray(rows).tolist()}


def apart(side: str, args: argparse.Namespace, n_items: int) -> dict[str, Any]:
    """`one_side` in a fresh process with that many threads."""
    call = [sys.executable, __file__, "side", "--side", side, "--items", str(n_items), "--k", str(args.k)]
    call += ["--customers", str(args.customers), "--threads", str(args.threads), "--rounds", str(args.rounds)]
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    blas = 1 if side == "implicit" else args.threads  # it runs threads of its own
    environment = os.environ | {name: str(blas) for name in names}
    return json.loads(subprocess.run(call, env=environment, check=True, capture_output=True, text=True).stdout)


def print_lists(args: argparse.Namespace) -> None:
    """Seconds, memory and agreement of the three sides."""
    print(f"top {args.k} of {args.customers} customers, {FACTORS} factors, {args.threads} thread(s)\n")
    print("| items | side | s | CPU s | times ours | customers/CPU s | MB | places as ours |")
    print("|---|---|---|---|---|---|---|---|")
    for n_items in args.items:
        found = {side: apart(side, args, n_items) for side in SIDES}
        ours = found["ours"]
        for side, result in found.items():
            same = np.mean(np.array(result["lists"]) == np.array(ours["lists"]))
            cpu = result["cpu"]
            print(
                f"| {n_items:,} | {side} | {result['seconds']:.2f} | {cpu:.2f} | {cpu / ours['cpu']:.2f} "
                f"| {args.customers / cpu:,.0f} | {result['mb']:,.0f} | {same:.2%} |",
                flush=True,
            )


def print_epoch(args: argparse.Namespace) -> None:
    """CPU seconds of one round over the purchases: implicit's BPR, VBPR of cornac and ours, DVBPR both ways."""
    import torch

    from medgan_fashion.fashion.config import BprConfig, DvbprConfig, PairsConfig, VbprConfig
    from medgan_fashion.fashion.recommend.recommenders import fit
    from medgan_fashion.fashion.recommend.visual import MOST_PAIRS
    from medgan_fashion.fashion.run.costs import tried_shop

    torch.set_num_threads(args.threads)
    n_items = args.items[0]
    catalogue, train = tried_shop(n_items, args.purchases / n_items, args.size)
    features = np.random.default_rng(1).normal(size=(n_items, 64)).astype(np.float32)
    items = PairsConfig()
    a_round = {"triples": len(train) / 128, "items": len(train) / min(MOST_PAIRS, items.batch * len(train) / n_items)}

    def visual(config: Any, sampling: Literal["triples", "items"]) -> float:
        name, batch = ("vbpr" if isinstance(config, VbprConfig) else "dvbpr"), 128 if sampling == "triples" else 256
        own = features if name == "vbpr" else None

        def run(updates: int) -> None:
            pairs = PairsConfig(sampling=sampling, batch=batch, updates=updates)
            fit(name, catalogue, train, replace(config, pairs=pairs), features=own)

        return cpu_each(run, args.updates) * a_round[sampling]

    timed = {
        "BPR by implicit, no pictures": cpu_each(
            lambda n: fit("bpr", catalogue, train, BprConfig(factors=32, iterations=n)), 200
        ),
        "VBPR by cornac, frozen features": cornac_epoch(train, features),
        "VBPR, ours, triples": visual(VbprConfig(), "triples"),
        "DVBPR, pixels, triples as in the released code": visual(DvbprConfig(), "triples"),
        "DVBPR, pixels, batches of items (the default)": visual(DvbprConfig(), "items"),
    }
    reference = timed["VBPR by cornac, frozen features"]
    print(f"{n_items} items of {args.size} pixels, {len(train.customers)} customers, {len(train)} purchases\n")
    print("| one round over the purchases | CPU s | times cornac's VBPR |\n|---|---|---|")
    for name, value in timed.items():
        print(f"| {name} | {value:.3f} | {value / reference:.2f} |")


def cpu_each(run: Callable[[int], object], turns: int) -> float:
    """CPU seconds of one turn of `run(n)`: a long call less a short one, after a first that pays for start-up."""
    run(1)
    took = []
    for n in (1, 1 + turns):
        started = time.process_time()
        run(n)
        took.append(time.process_time() - started)
    return (took[1] - took[0]) / turns


def cornac_epoch(train: Any, features: np.ndarray) -> float:
    """CPU seconds of an epoch of cornac's VBPR."""
    import cornac
    from cornac.data import Dataset, ImageModality

    rows = [(int(u), int(i), 1.0) for u, i in zip(train.customer, train.item, strict=True)]
    data = Dataset.build(rows, seed=0)
    data.add_modalities(item_image=ImageModality(features=features[list(data.item_ids)]))

    def run(epochs: int) -> None:
        settings = {"batch_size": 128, "use_gpu": False, "seed": 0, "verbose": False}
        with contextlib.redirect_stdout(io.StringIO()):
            cornac.models.VBPR(k=16, k2=16, n_epochs=epochs, **settings).fit(data)

    return cpu_each(run, 3)


def print_shops(args: argparse.Namespace) -> None:
    """Hours and GB of `run garments`: at the chain's own settings, and with the papers' 30 and 20 rounds."""
    from medgan_fashion.fashion.config import GarmentsConfig, PairsConfig
    from medgan_fashion.fashion.run.costs import Size, cost_from, measured_rates

    shipped = GarmentsConfig()
    rounds = PairsConfig(sampling="triples", batch=128, updates=None, epochs=20.0, cosine=False)
    dvbpr, judge = (replace(one, pairs=rounds) for one in (shipped.recommenders.dvbpr, shipped.recommenders.held_out))
    longer = replace(shipped, recommenders=replace(shipped.recommenders, dvbpr=dvbpr, held_out=judge))
    print(f"pictures of {args.size} pixels, {args.workers} worker(s) of one thread\n")
    print("| garments | settings | hours | GB memory | GB disk | hours of the parts on one thread |")
    print("|---|---|---|---|---|---|")
    for name, config in (("as shipped", shipped), ("GAN 30 and DVBPR 20 rounds", longer)):
        rates = measured_rates(2.0, args.size, config)
        for n_items in args.items:
            if name != "as shipped":
                config = replace(longer, gan=replace(longer.gan, images_seen=30 * n_items))
            size = Size(n_items, n_items // 3, 2 * n_items, args.size)  # customers and purchases as in the paper's data
            found = cost_from(rates, size, config, args.workers)
            parts = ", ".join(f"{part} {hours:.2f}" for part, hours in found.parts.items())
            told = f"{found.hours:.1f} | {found.memory_gb:.1f} | {found.disk_gb:.1f} | {parts}"
            print(f"| {n_items:,} | {name} | {told} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=("lists", "epoch", "shops", "side"))
    parser.add_argument("--items", type=int, nargs="+")
    parser.add_argument("--customers", type=int, default=1000)
    parser.add_argument("--k", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--purchases", type=int, default=20000)
    parser.add_argument("--size", type=int, default=None)
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    args = parser.parse_args()
    items = {"lists": [100_000, 1_000_000], "epoch": [2000], "shops": [2000, 20_000, 200_000], "side": [1000]}
    args.items = args.items or items[args.table]
    args.size = args.size or (64 if args.table == "shops" else 32)
    if args.table == "side":
        result = one_side(args.side, args.items[0], args.customers, args.k, args.threads, args.rounds)
        print(json.dumps(result))
    else:
        {"lists": print_lists, "epoch": print_epoch, "shops": print_shops}[args.table](args)


if __name__ == "__main__":
    main()
