"""What a run itself can answer of a reporting checklist about its models and results: summary -> a sentence or so."""

from medgan_fashion.medical.results.checklist_answers import Summary, case_word, points


def technique(s: Summary) -> str:
    """What kind of learning it is."""
    network = s["config"].get("classifier", {}).get("network", "a network")
    return (
        f"deep learning: convolutional classifiers ({network}), and a generative adversarial network "
        f"({s['config'].get('gan', {}).get('recipe', 'recipe not named')}) that makes training images"
    )


def building(s: Summary) -> str:
    """Training, hyperparameters, what was tuned."""
    c, runs = s["config"].get("classifier", {}), sum(arm["runs"] for arm in s["arms"])
    return (
        f"{runs} classifiers of {c.get('updates')} updates of {c.get('batch')} images ({c.get('optimizer')}, learning "
        f"rate {c.get('learning_rate')}); {len(s.get('gans', []))} GANs; classic augmentation by policy "
        f"{s['config'].get('classic', {}).get('policy')}; ratio of synthetic images {s['config'].get('choose')}; "
        "every setting stands in the resolved configuration"
    )


def architecture(s: Summary) -> str:
    """Inputs, layers, outputs."""
    c, size = s["config"].get("classifier", {}), s["config"].get("image", {}).get("size")
    return f"{c.get('network')} of {size} pixels to {len(s['data']['classes'])} classes, dropout {c.get('dropout')}"


def initialisation(s: Summary) -> str:
    """Where weights came from."""
    return f"random weights, addressed by seed {s['config'].get('seed')}; nothing pretrained, no transfer"


def final_model(s: Summary) -> str:
    """How weights were chosen."""
    by = sorted({gan["selected"]["by"] for gan in s.get("gans", []) if gan["selected"]})
    gans = f"; weights of GANs by {', '.join(by)}" if by else ""
    return f"classifiers: the last weights, none chosen by a score{gans}; test rows choose nothing"


def ensembling(s: Summary) -> str:
    """None."""
    return "none: every classifier is scored by itself, and the scores are averaged"


def measures(s: Summary) -> str:
    """What performance was measured by."""
    shown = ", ".join(s["arms"][0]["metrics"]) if s["arms"] else ""
    return f"declared: {s['verdict']['metric']}; beside it {shown}; confusion matrices and calibration curves"


def uncertainty(s: Summary) -> str:
    """What the interval covers, and the tests beside it."""
    covers = ", ".join(s["verdict"]["covers"])
    return f"95 % intervals over {covers}; secondary contrasts adjusted by Holm and without influence on the verdict"


def robustness(s: Summary) -> str:
    """What was varied."""
    dose = " and shares of real data" if s.get("dose") else ""
    return f"{s['config'].get('repeats')} partitions, several seeds, {len(s['arms'])} arms{dose}"


def output(s: Summary) -> str:
    """What a classifier answers."""
    return "a probability for each class; the decision is the most probable class, with no threshold chosen"


def performance(s: Summary) -> str:
    """The table of arms, in one line for the two that decide."""
    v = s["verdict"]
    lines = []
    for arm in s["arms"]:
        if arm["arm"] in (v["arm"], v["against"]):
            m = arm["metrics"].get(v["metric"], {"value": None, "low": None, "high": None})
            lines.append(f"{arm['arm']} {points(m['value'])} ({points(m['low'])} to {points(m['high'])})")
    return f"{v['metric']}, %, with 95 % intervals: {'; '.join(lines)}; all arms stand in the report"


def failures(s: Summary) -> str:
    """Where wrong answers are shown."""
    return "confusion matrices of every arm, sensitivity and specificity of every class stand in the report"


def versions(s: Summary) -> str:
    """Software."""
    return ", ".join(f"{name} {number}" for name, number in s["versions"].items())


def no_updating(s: Summary) -> str:
    """Nothing is recalibrated."""
    return "none: no model was recalibrated or updated after testing"


def predictions(s: Summary) -> str:
    """How a prediction is made."""
    return f"one forward pass of the trained network; scores averaged over the images of one of the {case_word(s)}"


def explained(s: Summary) -> str:
    """No attribution method."""
    return "none was applied"
