//! What follows a decision: the file of a case, and what becomes of a certificate.

mod ending;
mod file;
mod licence;
