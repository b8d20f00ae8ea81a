"""Commands on a run folder: run, report, status."""

from pathlib import Path

from medgan_fashion.cli.chains import CHAINS, find_pipeline, parse_settings, read_pipeline, split_inputs


def run(
    chain: str,
    data: list[str] | None = None,
    out: Path | None = None,
    dry_run: bool = False,
    processes: int | None = None,
    set: list[str] | None = None,
    limit: int | None = None,
    skip_unreadable: bool = False,
) -> None:
    """Run a chain to its report; the same command again goes on where it stopped.

    Args:
        chain: a name (lesions, mammograms, garments) or your own YAML file with `chain: lesions` and what differs.
        data: NAME=PATH of an input, or PATH of the first one (lesions: a case table; garments: a catalogue, and
            purchases=, features=). Without: embedded phantoms, or a sample catalogue.
        out: run folder; default runs/CHAIN. Any number of processes may work on one folder.
        dry_run: print sizes, costs and the smallest difference the study could show; train nothing.
        processes: local worker processes; default: one per core.
        set: one setting over the YAML, for example --set gan.images_seen=20000; may be repeated.
        limit: garments: look at so many items of the catalogue only.
        skip_unreadable: go on without rows that cannot be read, and say so in the report.
    """
    path = find_pipeline(chain)
    settings = read_pipeline(path) | {}
    name = settings.get("chain")
    if name not in CHAINS:
        raise ValueError(f"{path.name} says chain: {name}; choose from {', '.join(CHAINS)}")
    garments = name == "garments"
    if limit is not None and not garments:
        raise ValueError(f"chain {name} has no --limit: it takes every case; give fewer with --data")
    key = "catalogue.skip_unreadable" if garments else "skip_unreadable"
    extra = [*(set or []), *([f"{key}=true"] if skip_unreadable else [])]
    extra += [] if limit is None else [f"limit={limit}"]
    folder = out or Path("runs") / path.stem
    CHAINS[name](parse_settings(settings, extra), split_inputs(data or []), folder, dry_run, processes)


def report(run: Path, shareable: bool = False) -> None:
    """Write the report of a finished run again.

    Args:
        run: the run folder.
        shareable: medical: leave every real image out. Garments: leave pseudonyms and what customers bought out; the
            shop's own catalogue photos stay.
    """
    from medgan_fashion.report.write import write_report

    print(write_report(run, shareable=shareable))


def status(run: Path) -> None:
    """Say how far a run is: stages done, GANs in training, and whether any process is working on it.

    Args:
        run: the run folder.
    """
    from medgan_fashion.runs.engine.declare import run_status

    print("\n".join(run_status(run)))
