# A menu of one-liners; `just` lists them.
default:
    @just --list

# The synthetic city on http://127.0.0.1:8080
run:
    cargo run --release -- demo

check:
    cargo check --workspace --all-targets

test:
    cargo test --workspace

lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

fmt:
    cargo fmt --all

# e.g. just bench lifecycle --clients 64
bench name *args:
    cargo run --release -p bench -- {{name}} {{args}}

# Everything that has to pass before a change lands
ci:
    bash .ci/run
