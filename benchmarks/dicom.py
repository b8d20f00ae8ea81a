"""Files per second and peak memory of the DICOM readers against MONAI's LoadImage chain on the same files.

python benchmarks/dicom.py [--data FOLDER ...] [--patients 12] [--rounds 3] [--passes 2] [--processes N]

The files are mammogram phantoms written for the purpose (12 bit, uncompressed, 1280 x 1024), and those of each
--data FOLDER. Every variant runs in processes of its own, so that its memory is its own; rounds alternate, one
process and all cores. Each process reads one file before the clock starts (imports, codecs). Variants:

  read_image       stored values, modality LUT or rescale, padding, polarity, checks -> float32 (1, H, W)
  read_mammogram   all of that, and VOI LUT or window, view and side from the tags -> [0, 1]
  monai            LoadImage(reader="PydicomReader", ensure_channel_first, float32): rescale only. No polarity (a
                   MONOCHROME1 film stays a negative), no VOI, no padding, no refusal of colour or synthetic files;
                   it transposes to (1, W, H) and builds the affine matrix, which the others do not

A ratio above 1 is ours: times as many files per second, times as much memory for MONAI.
"""

import argparse
import logging
import multiprocessing
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

VARIANTS = ("read_image", "read_mammogram", "monai")


def reader(variant: str) -> Callable[[Path], Any]:
    """One variant's reader; imports what it needs and nothing else."""
    if variant == "monai":
        logging.disable()  # of optional packages that are not here, and of projections without an affine matrix
        warnings.simplefilter("ignore")
        import torch
        from monai.transforms.io.array import LoadImage

        torch.set_num_threads(1)
        return LoadImage(reader="PydicomReader", image_only=True, ensure_channel_first=True)
    if variant == "read_image":
        from medgan_fashion.imaging.read.readers import read_image

        return read_image
    from medgan_fashion.imaging.mammograms.mammogram import read_mammogram
    from medgan_fashion.imaging.mammograms.tags import Said

    return lambda path: read_mammogram(path, Said())


def readable(variant: str, files: list[Path], answers: Any) -> None:
    """Which files a variant reads at all, and why not the others."""
    read, said = reader(variant), {}
    for path in files:
        try:
            read(path)
        except Exception as error:  # whatever a reader raises is its answer
            said[path] = f"{variant} refuses a file: {str(error).splitlines()[0][:110]}"
    answers.put(said)


def peak_mb() -> float:
    """Highest resident memory of this process so far; ru_maxrss would count the parent that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def work(variant: str, files: list[Path], passes: int, barrier: Barrier, answers: Any) -> None:
    """Reads its share `passes` times; answers start, end and peak resident memory in MB."""
    read = reader(variant)
    read(files[0])
    barrier.wait()
    started = time.monotonic()
    for _ in range(passes):
        for path in files:
            read(path)
    ended = time.monotonic()
    answers.put((started, ended, peak_mb()))


def measure(variant: str, files: list[Path], passes: int, processes: int) -> tuple[float, float]:
    """Files per second, and the processes' peak memory added up in MB."""
    context = multiprocessing.get_context("spawn")  # nothing inherited: each process's memory is the variant's own
    answers, barrier = context.SimpleQueue(), context.Barrier(processes)
    shares = [files[number::processes] for number in range(processes)]
    workers = [context.Process(target=work, args=(variant, share, passes, barrier, answers)) for share in shares]
    for worker in workers:
        worker.start()
    told = [answers.get() for _ in workers]
    for worker in workers:
        worker.join()
    seconds = max(end for _, end, _ in told) - min(start for start, _, _ in told)
    return len(files) * passes / seconds, sum(peak for _, _, peak in told)


def common(files: list[Path]) -> list[Path]:
    """Files that every variant reads; says which are left out."""
    context, refused = multiprocessing.get_context("spawn"), {}
    for variant in VARIANTS:
        answers = context.SimpleQueue()
        worker = context.Process(target=readable, args=(variant, files, answers))
        worker.start()
        refused |= answers.get()
        worker.join()
    for reason, n in {text: list(refused.values()).count(text) for text in refused.values()}.items():
        print(f"  left out {n}: {reason}")
    return [path for path in files if path not in refused]


def compare(name: str, files: list[Path], processes: int, rounds: int, passes: int) -> None:
    """Three lines: medians over alternating rounds, and the median of the paired ratios to MONAI."""
    told: dict[str, list[tuple[float, float]]] = {variant: [] for variant in VARIANTS}
    for number in range(rounds):
        for variant in VARIANTS if number % 2 else VARIANTS[::-1]:  # none always goes first
            told[variant].append(measure(variant, files, passes, processes))
    for variant, results in told.items():
        rate, peak = (statistics.median(column) for column in zip(*results, strict=True))
        pairs = list(zip(results, told["monai"], strict=True))
        faster = statistics.median(ours / theirs for (ours, _), (theirs, _) in pairs)
        smaller = statistics.median(theirs / ours for (_, ours), (_, theirs) in pairs)
        print(
            f"{name:14} {len(files):>3} files  {processes} proc  {variant:14} {rate:8.1f} files/s  ratio {faster:5.2f}"
            f"  peak {peak:6.0f} MB  ratio {smaller:5.2f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="folders with DICOM files")
    parser.add_argument("--patients", type=int, default=12, help="phantoms, four films each")
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 1024))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    args = parser.parse_args()
    from medgan_fashion.imaging.read.readers import is_dicom
    from medgan_fashion.medical.phantoms.mammograms import write_mammogram_phantoms

    with tempfile.TemporaryDirectory() as folder:
        write_mammogram_phantoms(Path(folder), patients=args.patients, size=tuple(args.size))
        sources = {"phantoms": Path(folder), **{path.name: path for path in args.data}}
        for name, source in sources.items():
            print(name)
            files = common([path for path in sorted(source.rglob("*")) if path.is_file() and is_dicom(path)])
            for processes in sorted({1, min(args.processes, len(files))} - {0}):
                compare(name, files, processes, args.rounds, args.passes)


if __name__ == "__main__":
    main()
