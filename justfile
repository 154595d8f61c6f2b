# Developers' recipes, one line each. Users have one door: ./run

# what there is
default:
    @just --list --unsorted

# install packages, the virtual environment and all tools
setup:
    ./run setup

# format, lint, types, contracts, and the fast tests that neither start a process nor wait for a disk: under two minutes
check:
    ./run test format lint types && ./run exec -- pytest -q -m "not screen and not gnucash and not browser" --ignore tests/apps --ignore tests/benches --ignore tests/gateways --ignore tests/journal

# everything that CI runs
test *STAGES:
    ./run test {{STAGES}}

# write the code in the house format
format:
    ./run exec -- ruff format . && ./run exec -- ruff check --fix .

# the world of simulated payments, from one seed
sim SEED="1":
    ./run bench crash --quick --seed {{SEED}}

# one proof or figure (`just bench all` resumes)
bench NAME *ARGS:
    ./run bench {{NAME}} {{ARGS}}

# the demonstration
demo *ARGS:
    ./run demo {{ARGS}}

# every way to pay and to give back on real windows, the books compared
tour *ARGS:
    ./run tour {{ARGS}}

# diagrams and tables in docs, drawn from the code
docs:
    ./run exec -- python -m tools.docs

# the simulator gateway by itself
simulator *ARGS:
    ./run exec -- python -m tillbridge.simulator {{ARGS}}

# the pretend practice software by itself
stand-in *ARGS:
    ./run exec -- python -m tillbridge.stand_ins {{ARGS}}

# a new decision record: just new-adr "short title"
new-adr TITLE:
    ./run exec -- python -m tools.docs.new_adr "{{TITLE}}"

# exact versions with hashes, after a change of dependencies
lock:
    ./run setup && ./run exec -- python -m tools.setup.lock

# put the news fragments into CHANGELOG.md
changelog VERSION:
    ./run exec -- towncrier build --yes --version {{VERSION}}
