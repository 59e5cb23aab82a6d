//! A capability's doors as a table: the router, the OpenAPI document and the table of routes × roles are all
//! made from it.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use futures_util::future::BoxFuture;

use casework::Permission;

use crate::access::Access;
use crate::operation::Operation;

/// The doors of one capability, while they are being listed.
pub struct Routes<S> {
    capability: &'static str,
    router: Router<S>,
    table: Vec<RouteInfo>,
    menu: Vec<MenuEntry>,
}

/// An entry of the staff menu.
#[derive(Clone, Debug)]
pub struct MenuEntry {
    /// Entries stand in this order, over all capabilities.
    pub order: u16,
    pub item: ui::MenuItem,
    /// Shown to whoever holds it somewhere; to all staff where there is none.
    pub permission: Option<Permission>,
}

/// One door.
#[derive(Clone, Debug)]
pub struct RouteInfo {
    pub method: Method,
    /// With `{names}` as axum writes them.
    pub path: &'static str,
    pub access: Access,
    /// Present for the JSON API.
    pub operation: Option<Operation>,
}

/// A capability's doors with its state behind them, ready to be mounted by [`crate::server()`].
pub struct Module {
    pub name: &'static str,
    pub router: Router,
    pub table: Vec<RouteInfo>,
    pub menu: Vec<MenuEntry>,
}

/// A handler of whatever type, so that what the router does around it is compiled once and not for each door.
struct Door<S>(Arc<dyn Fn(Request, S) -> BoxFuture<'static, Response> + Send + Sync>);

impl<S: 'static> Door<S> {
    fn of<H, T>(handler: H) -> Door<S>
    where
        H: Handler<T, S>,
    {
        Door(Arc::new(move |request, state| {
            Box::pin(handler.clone().call(request, state))
        }))
    }
}

impl<S> Clone for Door<S> {
    fn clone(&self) -> Door<S> {
        Door(Arc::clone(&self.0))
    }
}

impl<S: Send + Sync + 'static> Handler<Door<S>, S> for Door<S> {
    type Future = BoxFuture<'static, Response>;

    fn call(self, request: Request, state: S) -> Self::Future {
        (self.0)(request, state)
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub fn new(capability: &'static str) -> Routes<S> {
        Routes {
            capability,
            router: Router::new(),
            table: Vec::new(),
            menu: Vec::new(),
        }
    }

    /// A page. It answers HEAD too.
    #[must_use]
    pub fn get<H, T>(self, path: &'static str, access: Access, handler: H) -> Routes<S>
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.route(Method::GET, path, access, None, handler)
    }

    /// A form's target.
    #[must_use]
    pub fn post<H, T>(self, path: &'static str, access: Access, handler: H) -> Routes<S>
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.route(Method::POST, path, access, None, handler)
    }

    /// An operation of the JSON API.
    #[must_use]
    pub fn api<H, T>(self, operation: Operation, handler: H) -> Routes<S>
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let (method, path, access) = (operation.method.clone(), operation.path, operation.access);
        self.route(method, path, access, Some(operation), handler)
    }

    /// An entry of the staff menu, shown to whoever holds `permission` somewhere.
    #[must_use]
    pub fn menu(
        mut self,
        order: u16,
        item: ui::MenuItem,
        permission: Option<Permission>,
    ) -> Routes<S> {
        self.menu.push(MenuEntry {
            order,
            item,
            permission,
        });
        self
    }

    fn route<H, T>(
        mut self,
        method: Method,
        path: &'static str,
        access: Access,
        operation: Option<Operation>,
        handler: H,
    ) -> Routes<S>
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).expect("a method that axum routes");
        self.router = self.router.route(path, on(filter, Door::of(handler)));
        self.table.push(RouteInfo {
            method,
            path,
            access,
            operation,
        });
        self
    }

    pub(crate) fn into_table(self) -> Vec<RouteInfo> {
        self.table
    }

    pub fn with_state(self, state: S) -> Module {
        Module {
            name: self.capability,
            router: self.router.with_state(state),
            table: self.table,
            menu: self.menu,
        }
    }
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name)
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}
