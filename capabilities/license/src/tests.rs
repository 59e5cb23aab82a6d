//! Pages and API of certificates.
