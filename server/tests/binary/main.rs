//! The real binary, as an operator runs it: killed under load, fed with tables, backed up and restored.
//!
//! These tests live here and not in `tests/` because only here does cargo build the binary and say where it is.

mod batch;
mod errands;
mod keeping;
mod kill;
mod program;
mod wholes;
mod wire;
