//! Nothing here: the tests are in `it/`, one binary with a folder per subject.
