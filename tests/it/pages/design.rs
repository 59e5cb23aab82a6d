//! The catalogue of components: in demonstrations and for those who build pages, nowhere else.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode},
};
use testkit::on_every_engine;
use tower::ServiceExt as _;

async fn status(router: &Router, path: &str) -> StatusCode {
    let mut request = Request::get(path).body(Body::empty()).expect("a request");
    let visitor = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000)));
    request.extensions_mut().insert(visitor);
    let answer = router.clone().oneshot(request).await.expect("an answer");
    answer.status()
}

#[test]
fn the_catalogue_is_served_only_where_it_was_asked_for() {
    on_every_engine(async |app| {
        let plain = app.platform.router();
        let with = app.platform.clone().with_design().router();
        assert_eq!(status(&plain, "/design").await, StatusCode::NOT_FOUND);
        assert_eq!(status(&with, "/design").await, StatusCode::OK);
        for group in ui::design::GROUPS {
            for specimen in group.specimens {
                let page = format!("/design/{}", specimen.id);
                assert_eq!(status(&with, &page).await, StatusCode::OK, "{page}");
                for state in specimen.states {
                    let alone = format!("{page}/{}?theme=dark&care=1&lang=en", state.id);
                    assert_eq!(status(&with, &alone).await, StatusCode::OK, "{alone}");
                }
            }
        }
        for nothing in ["/design/none", "/design/text/none"] {
            assert_eq!(
                status(&with, nothing).await,
                StatusCode::NOT_FOUND,
                "{nothing}"
            );
        }
    });
}
