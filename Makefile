# The commands of Sayso; `make help` lists them. What each needs is set up on the way.
.DEFAULT_GOAL := help
.PHONY: help run setup test test-units test-browsers fuzz lint bench model need-data package lock clean

export PYTHON ?= python3
export BROWSER ?=
export TORCH_INDEX ?=

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Set up what is missing and start the server (BROWSER=1 also opens a browser with the extension)
	@scripts/setup.sh run
	@scripts/run.sh

setup: ## Install everything needed to develop and test; starts nothing
	@scripts/setup.sh dev

# Side by side: browsers mostly wait, models compute. Those give way, as a browser that is kept waiting fails a test.
test: setup ## Run every test: server, model, extension, real browsers
	@scripts/browsers.sh
	@$(MAKE) --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) test-units test-browsers

test-units:
	cd extension && nice npm test
	nice .venv/bin/pytest --ignore=tests/e2e

test-browsers:
	.venv/bin/pytest tests/e2e

fuzz: setup ## Look for what the property tests' fixed examples do not show: random ones, ten times as many
	@scripts/browsers.sh
	cd extension && SAYSO_FUZZ=1 npm test
	SAYSO_FUZZ=1 .venv/bin/pytest tests/server tests/models tests/e2e/test_properties.py

lint: setup ## Check style and types of Python and TypeScript, and the built extension
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	cd extension && npm run typecheck && npm run lint

bench: setup ## Print the benchmark table
	@scripts/browsers.sh
	.venv/bin/python -m tests.bench

# How the released weights came about (docs/models.md). `default`: a first run of MiniLM on labels alone; a second that
# also learns what a teacher says (kept by hash, so no teacher is needed) and more sentences annotated by the guideline; a
# third that goes on with other weights of the corpora; from the mean of these two a run with each half of what is
# annotated by now, and the mean of both. `accurate`, which it asks in doubt: one run of mpnet, with fewer tokens, on all
# that is labelled. What is finished is not done again, what was cut off goes on: each command sees to that itself, and
# refuses a folder where a run on other data began. What is released stays whole until all of the new is there.
# All annotations are learnt that there are now; docs/models.md says which ones the released weights learnt from.
# PAGES: a folder of folders of saved pages, whose sentences are among those annotated and held out (remove runs/pages
# and runs/pages.tsv to read others). BASE is what the default's third run begins with; empty: the encoder. SEEDS: of the
# last runs, each with its half; empty: none, and the mean is released. SECOND: where the model goes that is asked in
# doubt, in the folder that OUT lies in; empty, as where OUT is not the default: there is none.
BASE ?= runs/second
RUN ?= runs/default
OUT ?= models/weights/default
SEEDS ?= 5 6
SECOND ?= $(if $(filter models/weights/default,$(OUT:./%=%)),models/weights/accurate)
TEACHER_SAYS := --soft-targets models/soft-targets.npz --annotations models/annotations.tsv --swap-names
RECIPE ?= $(TEACHER_SAYS) --unlabelled \
	opinionated-claims-lj-wiki,news-discourse,webis-editorials-16,cmv-verifiability,regulation-room-2014,cdcp,policlaim \
	--labels-alone checkthat-subjectivity-en --threshold checkthat-subjectivity-en=0.88 \
	--weight checkthat-subjectivity-en=2 --batch-size 32 --learning-rate 6e-5 --epochs 1.3
# As if asked at another threshold: sentences that were written to be hard have more opinions than pages have.
LAST_RECIPE := --tsv models/written.tsv --soft-targets models/soft-targets.npz --labels-alone annotations \
	--labels-alone checkthat-subjectivity-en --threshold checkthat-subjectivity-en=0.88 --threshold written=0.25 \
	--threshold annotations=0.35 --weight checkthat-subjectivity-en=2 --weight blog=2 --swap-names --vary-typing 0.15 \
	--batch-size 64 --learning-rate 6e-5 --epochs 1 --dropout 0 --freeze-embeddings --no-bf16
WITH_PAGES = $(if $(PAGES),--pages runs/pages.tsv)
TRAIN = .venv/bin/python -m models.train --data "$(DATA)"

model: need-data setup $(if $(PAGES),runs/pages.tsv) $(BASE) $(SEEDS:%=runs/half-%.tsv) $(if $(SECOND),runs/large) ## Train, calibrate, export and evaluate the released models: make model DATA=folder PAGES=folder (resumes)
	$(TRAIN) $(WITH_PAGES) --out "$(RUN)" $(if $(BASE),--base $(BASE)) $(RECIPE)
	.venv/bin/python -m models.average $(if $(BASE),--run $(BASE)) --run "$(RUN)" --out "$(RUN)-mean"
	for seed in $(SEEDS); do \
		$(TRAIN) $(WITH_PAGES) --base "$(RUN)-mean" --annotations runs/half-$$seed.tsv \
			--out "$(RUN)-$$seed" --seed $$seed $(LAST_RECIPE) || exit 1; \
	done
	$(if $(SEEDS),.venv/bin/python -m models.average $(SEEDS:%=--run "$(RUN)-%") --out "$(RUN)-last")
	.venv/bin/python -m models.release --run "$(RUN)-$(if $(SEEDS),last,mean)" --data "$(DATA)" $(WITH_PAGES) --out "$(OUT)" \
		--id sayso-minilm-l6 --resolution 40
	$(if $(SECOND),.venv/bin/python -m models.release --run runs/large --data "$(DATA)" $(WITH_PAGES) --out "$(SECOND)" \
		--id sayso-mpnet --loss 1e-10)
	$(if $(SECOND),.venv/bin/python -m models.release_cascade --model "$(OUT)" --second $(notdir $(SECOND)) \
		--data "$(DATA)" $(WITH_PAGES))

.PHONY: runs/first runs/second runs/large
runs/first: | need-data setup
	$(TRAIN) --out $@ --weight blog=2

runs/second: | runs/first $(if $(PAGES),runs/pages.tsv)
	$(TRAIN) $(WITH_PAGES) --out $@ --base runs/first $(TEACHER_SAYS) \
		--labels-alone annotations --unlabelled opinionated-claims-lj-wiki,news-discourse,webis-editorials-16 \
		--weight blog=2 --weight checkthat-subjectivity-en=2 --batch-size 32 --learning-rate 6e-5 --epochs 2

runs/large: | runs/encoder/config.json runs/annotations.tsv $(if $(PAGES),runs/pages.tsv)
	$(TRAIN) $(WITH_PAGES) --out $@ --base runs/encoder \
		--annotations runs/annotations.tsv --tsv models/written.tsv --threshold checkthat-subjectivity-en=0.88 \
		--weight checkthat-subjectivity-en=2 --weight blog=2 --swap-names --vary-typing 0.15 --batch-size 32 \
		--learning-rate 5e-5 --epochs 1 --dropout 0 --freeze-embeddings

CORPORA := cmv-verifiability,webis-editorials-16,hse-nsdc,policlaim,regulation-room-2014,mpqa-1.2,claimbuster,cdcp,$\
	news-discourse,opinionated-claims-lj-wiki
runs/encoder/config.json: | need-data setup
	test -d runs/mpnet || scripts/mpnet.sh runs/mpnet
	rm -rf runs/encoder.part
	.venv/bin/python -m models.cut --model runs/mpnet --out runs/encoder.part --tokens 20000 --data "$(DATA)" \
		--tsv models/written.tsv --unlabelled $(CORPORA)
	mv runs/encoder.part runs/encoder

# Three news corpora have five facts for each opinion; a quarter of their plain facts is enough.
# (Tests list these commands in an empty folder, hence the wildcard.)
runs/annotations.tsv: $(wildcard models/annotations.tsv)
	mkdir -p runs
	awk -F '\t' '!($$2 == "F" && $$3 ~ /^(hse-nsdc|news-discourse|mpqa-1.2)$$/ && $$1 !~ /^[0-3]/)' models/annotations.tsv >$@.part
	mv $@.part $@

# Each half has all annotations of pages, and half of the others, by the first digit of the sentence's key.
KEYS_5 := 0-7
KEYS_6 := 89a-f
runs/half-%.tsv: runs/annotations.tsv
	awk -F '\t' 'NR == 1 || $$3 == "pages" || $$1 ~ /^[$(or $(KEYS_$*),$(error no half for seed $*, only for 5 and 6))]/' $< >$@.part
	mv $@.part $@

runs/pages.tsv: | setup
	@scripts/browsers.sh
	mkdir -p runs/pages
	for pages in "$(PAGES)"/*/; do \
		out=runs/pages/$$(basename "$$pages").jsonl; pages=$$(cd "$$pages" && pwd); test -e "$$out" || { \
			(cd extension && npm run --silent extract -- "$$pages" "../$$out.part") && mv "$$out.part" "$$out"; } || exit 1; \
	done
	.venv/bin/python -m server.pages runs/pages/*.jsonl --out runs/pages.tsv

need-data:
	@test -n "$(DATA)" || { echo "make model DATA=folder: which folder has the labelled sentences?" >&2; exit 2; }

package: setup ## Make the zips for the extension stores, in artifacts/
	cd extension && npm run package

lock: ## Write the Python lock files again from pyproject.toml
	requirements/lock.sh

clean: ## Remove everything that the commands above made
	rm -rf .venv build artifacts *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf extension/node_modules extension/dist models/weights/*/model.safetensors
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
