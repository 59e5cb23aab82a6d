//! Pages and API of ratings, and what verification finds.
