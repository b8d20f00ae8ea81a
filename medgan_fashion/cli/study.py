"""Commands on runs: run, report, status, power, export-arms and compare (your own classifier), app."""

from pathlib import Path
from typing import TYPE_CHECKING

from medgan_fashion.cli.chains import CHAINS
from medgan_fashion.runs.pipelines import find_pipeline, parse_settings, read_pipeline, split_inputs

if TYPE_CHECKING:
    from medgan_fashion.evaluation.classifiers.planning import Spread


# ---------------------------------------------------------------------------------------------------------------------
# Commands on a study: run, report, status, power, and your own classifier (export-arms, compare).


# ---------------------------------------------------------------------------------------------------------------------
# Commands on a run folder: run, report, status.


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


# ---------------------------------------------------------------------------------------------------------------------
# Commands for your own classifier: the arms of a run as files, and the verdict by what it predicted for them.


def export_arms(run: Path, out: Path = Path("arms"), own_predictions: bool = False) -> None:
    """Write what every arm trains and is tested on as files and one list, to train your own classifier on.

    Args:
        run: the folder of an ablation whose images are made.
        out: folder for arms.csv, README.txt and the images. It holds patients' data.
        own_predictions: also write predictions.csv of the run's own classifiers, as `compare` reads it.
    """
    from medgan_fashion.cli.terminal.study import export_command

    export_command(run, out, own_predictions)


def compare(predictions: Path, run: Path = Path("."), out: Path | None = None, model: str | None = None) -> None:
    """Compare the arms of a run by the predictions of your own classifier: the run's contrast, rule and report.

    Args:
        predictions: CSV with columns case, fold, arm, seed, [repeat] and a probability for each class under its name.
        run: the finished ablation that the arms were exported from; default: this folder.
        out: folder for results and report; default RUN/compared/NAME OF THE CSV.
        model: whose classifier it is, in words for the report; default: the name of the CSV.
    """
    from medgan_fashion.cli.terminal.study import compare_command

    compare_command(predictions, run, out, model)


# ---------------------------------------------------------------------------------------------------------------------
# The command `power`: how many patients the next study needs.


LEAST_POWER = 0.025  # what a study without any difference has: its chance of a false "helps"


def power(
    pilot: Path | None = None,
    accuracy: float | None = None,
    correlation: float = 0.5,
    classes: int = 2,
    lesions_per_patient: float = 1.0,
    difference: float | None = None,
    repeats: int | None = None,
    repeat_sd: float = 0.02,
    power: float = 0.8,
) -> None:
    """How many patients the next study needs: `power RUN` from a finished run, or from what you state.

    Args:
        pilot: a finished run of lesions or mammograms, whose own variances are taken; its name may stand alone.
        accuracy: without a run: share of the lesions that either arm gets right.
        correlation: without a run: correlation between the two arms' being right, 0 to 1; they disagree on
            2 a (1 - a) (1 - correlation) of the lesions.
        classes: without a run: number of classes, of equal size.
        lesions_per_patient: without a run: mean number, correlated by 0.5 within a patient.
        difference: the smallest difference that would matter, as a fraction; default: the run's margin, else 0.05.
        repeats: repeats of the next study (each: new partition and GANs); default: as the run, else 3.
        repeat_sd: standard deviation of the difference between repeats, as a fraction, where no run tells it.
        power: probability of showing the difference.
    """
    if (pilot is None) == (accuracy is None):
        raise ValueError("give either the folder of a finished run or --accuracy, and not both.")
    _check(difference, repeats, repeat_sd, power)
    if pilot is not None:
        _from_pilot(pilot, difference, repeats, repeat_sd, power)
    elif accuracy is not None:
        asked, again = 0.05 if difference is None else difference, 3 if repeats is None else repeats
        _from_statement(accuracy, correlation, classes, lesions_per_patient, asked, again, repeat_sd, power)


def _check(difference: float | None, repeats: int | None, repeat_sd: float, power: float) -> None:
    """ValueError names the option that cannot be, before a run is read."""
    if difference is not None and not 0 < difference < 1:
        raise ValueError(f"--difference {difference:g} must lie between 0 and 1: 0.05 stands for 5 points.")
    if repeats is not None and repeats < 1:
        raise ValueError(f"--repeats {repeats} must be at least 1.")
    if not 0 <= repeat_sd < 1:
        raise ValueError(f"--repeat-sd {repeat_sd:g} must be at least 0 and below 1: give a fraction, as 0.02.")
    if not LEAST_POWER < power < 1:
        raise ValueError(f"--power {power:g} must lie between {LEAST_POWER:g} and 1: give a probability, as 0.8.")


def _from_pilot(run: Path, difference: float | None, repeats: int | None, repeat_sd: float, power: float) -> None:
    from medgan_fashion.evaluation.classifiers.verdict import WORDS
    from medgan_fashion.medical.study.finished import doubts, pilot_of, read_pilot

    summary = read_pilot(run)
    pilot, verdict = pilot_of(summary, repeat_sd), summary["verdict"]
    metric = WORDS.get(verdict["metric"], verdict["metric"])
    again = f"{pilot.n_repeats} {'repeat' if pilot.n_repeats == 1 else 'repeats'}"
    print(f"{summary['title']}: {pilot.n_patients} patients, {again}; {verdict['arm']} against {verdict['against']}")
    print(
        f"standard deviation of the difference in {metric}: {100 * pilot.patients**0.5:.1f} points from patients, "
        f"{100 * max(pilot.repeats, 0.0) ** 0.5:.1f} from {'repeats' if pilot.n_repeats > 1 else 'classifier seeds'}"
    )
    asked = verdict["margin"] if difference is None else difference
    again = max(pilot.n_repeats, 3) if repeats is None else repeats
    _print_plan(pilot.spread(), pilot.ends(), asked, again, power, pilot.n_patients)
    print("\n".join(["", *doubts(summary, pilot)]))


def _from_statement(
    accuracy: float,
    correlation: float,
    classes: int,
    lesions: float,
    difference: float,
    repeats: int,
    repeat_sd: float,
    power: float,
) -> None:
    from medgan_fashion.evaluation.classifiers.planning import stated_spread

    spread = stated_spread(accuracy, correlation, classes, lesions, repeat_sd)
    discordance = 2 * accuracy * (1 - accuracy) * (1 - correlation)
    print(
        f"stated: both arms right on {100 * accuracy:g} % of the lesions and, with a correlation of {correlation:g}, "
        f"of two minds on {100 * discordance:.1f} %; {classes} classes of equal size, {lesions:g} lesions a patient, "
        f"{100 * repeat_sd:g} points between repeats"
    )
    _print_plan(spread, None, difference, repeats, power, 100)
    print(
        "\nAll of this is guessed until a pilot has run: give its folder instead (power RUN). The true difference is "
        "not known; plan on the smallest one that would matter."
    )


def _print_plan(
    spread: "Spread",
    ends: "tuple[Spread, Spread] | None",
    difference: float,
    repeats: int,
    power: float,
    about: int,
) -> None:
    from medgan_fashion.evaluation.classifiers.planning import patients_needed, repeats_needed

    needed = patients_needed(spread, difference, repeats, power)
    what = f"to show {100 * difference:g} points with {100 * power:g} % power and {repeats} repeats: "
    if needed is None:
        least = repeats_needed(spread, difference, power)
        cure = f"{least} repeats could" if least else "30 repeats could not either: the trainings differ too much"
        print(f"{what}no number of patients would do; {cure}")
    else:
        print(f"{what}{needed} patients{_range(ends, difference, repeats, power)}")
    _print_table(spread, repeats, power, needed or about)


def _range(ends: "tuple[Spread, Spread] | None", difference: float, repeats: int, power: float) -> str:
    from medgan_fashion.evaluation.classifiers.planning import patients_needed

    if ends is None:
        return ""
    low, high = (patients_needed(end, difference, repeats, power) for end in ends)
    return f" (range {low} to {high or 'no number'})"


def _print_table(spread: "Spread", repeats: int, power: float, about: int) -> None:
    """Patients down, repeats across: the smallest difference that would be shown, in points."""
    from medgan_fashion.evaluation.classifiers.planning import detectable, fewest_patients

    across = sorted({repeats, 3, 5, 10})
    down = sorted({max(fewest_patients(spread), round(about * factor)) for factor in (0.25, 0.5, 1, 2, 4)})
    print("\nsmallest difference shown, in points\npatients" + "".join(f"{f'{r} repeats':>12}" for r in across))
    for patients in down:
        cells = (100 * detectable(spread, patients, r, power) for r in across)
        print(f"{patients:>8}" + "".join(f"{cell:>12.1f}" for cell in cells))


# ---------------------------------------------------------------------------------------------------------------------
# The command that starts the application.


def app(
    run: list[str] | None = None,
    home: Path = Path("runs/studio"),
    database: str = "",
    show_customers: bool = False,
    address: str = "localhost",
    port: int = 8501,
    upload_mb: int = 8,
    upload_megapixels: int = 30,
) -> None:
    """Start the studio in the browser: for you, make it mine, explore, reader study, ablation, generate.

    Args:
        run: a finished run folder (garments, lesions, mammograms) to show; may be repeated. Without: a sample shop and
            phantoms, trained once into home.
        home: folder for the database, the sample models and what is precomputed.
        database: SQLAlchemy URL, for example postgresql://user:password@host/name; default: SQLite in home.
        show_customers: list the customers of a run by pseudonym; otherwise visitors and invented people only.
        address: where to listen; 0.0.0.0 lets other machines in, who may then see all that the pages show.
        port: where to listen.
        upload_mb: largest upload.
        upload_megapixels: largest picture that is decoded.
    """
    from medgan_fashion.studio.launch import launch
    from medgan_fashion.studio.settings import Settings

    settings = Settings(str(home), tuple(run or ()), database, show_customers, upload_mb, upload_megapixels)
    raise SystemExit(launch(settings, address, port))
