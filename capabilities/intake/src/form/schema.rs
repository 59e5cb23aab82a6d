//! Compiled schemas, one per item version and situation: versions never change, so a compiled one is good for ever.

use std::collections::HashMap;
use std::sync::Arc;

use base::ids::VersionId;
use catalog::model::Published;
use jsonschema::Validator;
use parking_lot::RwLock;
use web::Problem;

/// Compiled schemas kept at a time.
const KEPT_MAX: usize = 1024;

/// The cache. Cloning shares it.
#[derive(Clone, Default)]
pub struct Schemas(Arc<RwLock<HashMap<Key, Arc<Validator>>>>);

/// A version, and which of its pages are asked in a situation.
type Key = (VersionId, Vec<String>);

impl Schemas {
    /// The validator of an item version's form, compiled at first use.
    pub fn of(&self, published: &Published) -> Result<Arc<Validator>, Problem> {
        let pages = published.item.form.pages.iter();
        let key = (
            published.version_id,
            pages.map(|page| page.key.clone()).collect(),
        );
        if let Some(known) = self.0.read().get(&key) {
            return Ok(Arc::clone(known));
        }
        let compiled = Arc::new(compile(published).map_err(Problem::internal)?);
        let mut kept = self.0.write();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }
}

impl std::fmt::Debug for Schemas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Schemas({})", self.0.read().len())
    }
}

/// Compiles a form's schema; patterns run on the engine without backtracking.
pub fn compile(published: &Published) -> Result<Validator, String> {
    let schema = catalog::form::schema(&published.item.name, &published.item.form);
    jsonschema::draft202012::options()
        .offline()
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .build(&schema)
        .map_err(|error| format!("form of version {}: {error}", published.version_id))
}
