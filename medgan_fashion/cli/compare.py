"""Commands for your own classifier: the arms of a run as files, and the verdict by what it predicted for them."""

from pathlib import Path


def export_arms(run: Path, out: Path = Path("arms"), own_predictions: bool = False) -> None:
    """Write what every arm trains and is tested on as files and one list, to train your own classifier on.

    Args:
        run: the folder of an ablation whose images are made.
        out: folder for arms.csv, README.txt and the images. It holds patients' data.
        own_predictions: also write predictions.csv of the run's own classifiers, as `compare` reads it.
    """
    from medgan_fashion.cli.terminal.own_classifier import export_command

    export_command(run, out, own_predictions)


def compare(predictions: Path, run: Path = Path("."), out: Path | None = None, model: str | None = None) -> None:
    """Compare the arms of a run by the predictions of your own classifier: the run's contrast, rule and report.

    Args:
        predictions: CSV with columns case, fold, arm, seed, [repeat] and a probability for each class under its name.
        run: the finished ablation that the arms were exported from; default: this folder.
        out: folder for results and report; default RUN/compared/NAME OF THE CSV.
        model: whose classifier it is, in words for the report; default: the name of the CSV.
    """
    from medgan_fashion.cli.terminal.own_classifier import compare_command

    compare_command(predictions, run, out, model)
