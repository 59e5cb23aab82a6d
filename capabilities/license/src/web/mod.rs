//! Pages: the certificate, my certificates, checking one.

pub(crate) mod mine;
pub(crate) mod show;
pub(crate) mod verify;

/// Addresses of this capability's pages.
pub mod routes {
    pub fn show(license_id: &str) -> String {
        format!("/licenses/{license_id}")
    }

    /// Leads to the item that renews it; intake knows which that is.
    pub fn renewal(license_id: &str) -> String {
        format!("/licenses/{license_id}/renewal")
    }

    /// Where the holder asks for `change` or `reissue`; intake has the page.
    pub fn apply(license_id: &str, wish: &str) -> String {
        format!("/licenses/{license_id}/apply/{wish}")
    }

    pub const MINE: &str = "/my/licenses";
}
