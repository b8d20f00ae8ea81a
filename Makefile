# The README's two commands. Each sets up everything it needs in .venv, with the tested versions of constraints.txt.
VENV := .venv
UV := $(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python -c constraints.txt
# uv does not read pip's configuration: hand on where pip looks for local wheels
LINKS := UV_FIND_LINKS="$$(pip config get global.find-links 2>/dev/null || true)"
# Debian's packages that tests use where they are there: a DICOM checker, a browser, a database server
TOOLS := dicom3tools chromium postgresql
INSTALL_TOOLS := dpkg -s $(TOOLS) >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	{ apt-get install -qq -y --no-install-recommends $(TOOLS) || \
	{ apt-get update -qq && apt-get install -qq -y --no-install-recommends $(TOOLS); }; } >/dev/null 2>&1; }
export OMP_WAIT_POLICY = PASSIVE
# where the environment forbids byte code, every process would compile all that it imports anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test setup reproduce reproduce-quick
demo: $(VENV)/.medical
	$(VENV)/bin/medgan-fashion run demo --out runs/demo

test: setup
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile

# published figures and ours: hours, resumed by the same command; writes docs/reproduced.md
DATA ?= ../shared/data
reproduce: $(VENV)/.medical
	$(VENV)/bin/python -m benchmarks.reproduce --data $(DATA) --write docs/reproduced.md

# the same rows with tiny budgets: only to see that all of it works
reproduce-quick: $(VENV)/.medical
	$(VENV)/bin/python -m benchmarks.reproduce --quick --data $(DATA) --write runs/reproduced-quick/reproduced.md

setup: $(VENV)/.dev

$(VENV)/bin/uv:
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet uv

$(VENV)/.medical: $(VENV)/bin/uv pyproject.toml constraints.txt
	$(LINKS) $(UV) -e '.[medical]'
	touch $@

$(VENV)/.dev: $(VENV)/bin/uv pyproject.toml constraints.txt
	$(LINKS) $(UV) -e '.[dev]'
	$(INSTALL_TOOLS) || echo "not installed (that needs apt and root): $(TOOLS); the tests that use them are skipped"
	touch $@ $(VENV)/.medical
