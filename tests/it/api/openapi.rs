//! `/api/openapi.json` and the page that shows it.

use crate::harness::clinic;
use crate::matrix::source;
use std::collections::BTreeSet;

async fn operations() -> BTreeSet<String> {
    let document = clinic().await.get("/api/openapi.json").expect(200).await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &serde_json::Value)| {
        let methods: Vec<String> =
            item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        methods.into_iter().map(|method| format!("{method} {path}")).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

#[tokio::test]
async fn the_document_describes_every_route_and_no_other() {
    let routes: BTreeSet<String> = source::routes()
        .into_iter()
        .filter(|route| route.contains(" /api/") && !route.ends_with("/openapi.json"))
        .collect();
    assert_eq!(operations().await, routes);
}

/// The operations as reviewed: what programs rely on is never taken away unawares.
#[tokio::test]
async fn the_operations_are_the_reviewed_ones() {
    let found: String = operations().await.into_iter().map(|operation| operation + "\n").collect();
    assert_eq!(found, include_str!("operations.txt"));
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    let document = clinic().await.get("/api/openapi.json").expect(200).await.json();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[tokio::test]
async fn the_page_shows_every_operation() {
    let page = clinic().await.get("/api").expect(200).await;
    assert!(page.header("content-type").starts_with("text/html"));
    for operation in operations().await {
        let path = operation.split(' ').nth(1).unwrap();
        assert!(page.text().contains(path), "{path}");
    }
}
