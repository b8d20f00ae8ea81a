# The README's two commands. Each sets up everything it needs in .venv, with the tested versions of constraints.txt.
VENV := .venv
UV := $(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python -c constraints.txt
# uv does not read pip's configuration: hand on where pip looks for local wheels
LINKS := UV_FIND_LINKS="$$(pip config get global.find-links 2>/dev/null || true)"
# dciodvfy checks DICOM files against the standard
CHECKER := command -v dciodvfy >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	{ apt-get install -qq -y dicom3tools || { apt-get update -qq && apt-get install -qq -y dicom3tools; }; } >/dev/null 2>&1; }
export OMP_WAIT_POLICY = PASSIVE

.PHONY: demo test setup
demo: $(VENV)/.medical
	$(VENV)/bin/medgan-fashion run demo --out runs/demo

test: setup
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile

setup: $(VENV)/.dev

$(VENV)/bin/uv:
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet uv

$(VENV)/.medical: $(VENV)/bin/uv pyproject.toml constraints.txt
	$(LINKS) $(UV) -e '.[medical]'
	touch $@

$(VENV)/.dev: $(VENV)/bin/uv pyproject.toml constraints.txt
	$(LINKS) $(UV) -e '.[dev]'
	$(CHECKER) || echo "dicom3tools is not installed (that needs apt and root): the test that runs dciodvfy is skipped"
	touch $@ $(VENV)/.medical
