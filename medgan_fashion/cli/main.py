"""The command `medgan-fashion`: the table of its commands, and what is said when one fails. Imports no torch."""

import sys
from typing import Any

from medgan_fashion.cli import cases as datasets
from medgan_fashion.cli import cases as images
from medgan_fashion.cli import gans, garments
from medgan_fashion.cli import gans as evaluate
from medgan_fashion.cli import gans as models
from medgan_fashion.cli import study as app
from medgan_fashion.cli import study as compare
from medgan_fashion.cli import study as power
from medgan_fashion.cli import study as runs

COMMANDS: dict[str, Any] = {
    "run": runs.run,
    "cases": images.cases,
    "preview": images.preview,
    "train": gans.train,
    "privacy": gans.privacy,
    "generate": gans.generate,
    "evaluate-images": evaluate.evaluate_images,
    "interpolate": models.interpolate,
    "translate": models.translate,
    "export": models.export,
    "export-arms": compare.export_arms,
    "compare": compare.compare,
    "power": power.power,
    "report": runs.report,
    "status": runs.status,
    "catalogue": {"_help": "a shop's catalogue: check", "check": garments.check},
    "recommend": garments.recommend,
    "similar": garments.similar,
    "design": garments.design,
    "restyle": garments.restyle,
    "evaluate-ranking": garments.evaluate_ranking,
    "forget": garments.forget,
    "app": app.app,
    "datasets": {
        "_help": "public data sets: list, verify, fetch",
        "list": datasets.list_datasets,
        "verify": datasets.verify,
        "fetch": datasets.fetch,
    },
}


SWITCHES = (
    "--dry_run",
    "--skip_unreadable",
    "--shareable",
    "--in_stock",
    "--show_customers",
    "--own_predictions",
    "--despite_privacy",
    "--paired",
    "--back",
)
REPEATED = ("--data", "--set", "--customer", "--likes", "--dislikes", "--run")
FIRST = {"power": "--pilot"}  # commands whose first word may be left out: power RUN, or power --accuracy 0.8
ONCE = {"compare": ("--run",)}  # commands where such a flag is one value, no list


def _flag(word: str, once: tuple[str, ...] = ()) -> str:
    """Flags as people write them: --dry-run for --dry_run=true, and a repeated --data or --set adds to the list, but
    not one that this command takes `once`."""
    if not word.startswith("--"):
        return word
    name, equals, value = word.partition("=")
    name = name.replace("-", "_").replace("__", "--", 1)
    if name in SWITCHES and not equals:
        return f"{name}=true"
    return f"{name}+{equals}{value}" if name in REPEATED and name not in once else f"{name}{equals}{value}"


def main(arguments: list[str] | None = None) -> int:
    """Entry point: 0 done, 1 failed on the way (what was computed stays), 2 refused at the door, in one sentence."""
    try:
        from jsonargparse import auto_cli
    except ImportError:
        print("medgan-fashion needs its command-line extra: pip install 'medgan-fashion[cli]'", file=sys.stderr)
        return 2
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] and given[0] in FIRST and len(given) > 1 and not given[1].startswith("-"):
        given = [given[0], FIRST[given[0]], *given[1:]]
    once = ONCE.get(given[0], ()) if given else ()
    try:
        auto_cli(COMMANDS, args=[_flag(word, once) for word in given], prog="medgan-fashion", as_positional=True)
    except (ValueError, OSError) as error:
        print(f"medgan-fashion: {error}", file=sys.stderr)
        return 2
    except ImportError as error:
        print(
            f"medgan-fashion: {error.name} is missing; install it with: pip install 'medgan-fashion[all]'",
            file=sys.stderr,
        )
        return 2
    except RuntimeError as error:
        print(f"medgan-fashion: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0
