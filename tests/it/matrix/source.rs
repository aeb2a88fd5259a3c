//! Every route of the application, read from the sources: axum cannot list them, and a table kept by hand forgets.

use axum::http::Method;
use leptos::server_fn::axum::server_fn_paths;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// All routes as `GET /path`.
pub fn routes() -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    visit_named(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |path, text| {
        // Figures have an address of their own, which knows no callers.
        if path.ends_with("web/metrics.rs") {
            return;
        }
        for call in text.split(".route(").skip(1) {
            let (path, methods) = parse(call);
            // Server functions share one route; each is an entrance of its own.
            let paths = if path == "/rpc/{name}" { server_functions() } else { vec![path] };
            for path in paths {
                routes.extend(methods.iter().map(|method| format!("{} {path}", method.to_uppercase())));
            }
        }
    });
    routes
}

/// The addresses of all server functions that are registered.
pub fn server_functions() -> Vec<String> {
    server_fn_paths().map(|(path, _)| path.to_owned()).collect()
}

/// A link, an image or a prefetch must not be able to call one.
#[test]
fn server_functions_are_called_by_post_alone() {
    assert!(server_fn_paths().count() >= 2);
    for (path, method) in server_fn_paths() {
        assert_eq!(method, Method::POST, "{path}");
    }
}

/// Calls `look` with the path and the text of every source file under `directory`.
pub fn visit_named(directory: &Path, look: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit_named(&path, look);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            look(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// The path and the methods of `"/path", get(show).post(save))…`.
fn parse(call: &str) -> (String, Vec<&'static str>) {
    let path = call.split('"').nth(1).expect("a route with a literal path").to_owned();
    let rest = &call[call.find(&path).unwrap() + path.len()..];
    let mut depth = 0;
    let mut methods = Vec::new();
    for (at, character) in rest.char_indices() {
        match character {
            '(' => {
                let name =
                    rest[..at].rsplit(|before: char| !before.is_alphanumeric() && before != '_').next();
                let method = METHODS.into_iter().find(|method| Some(*method) == name);
                if depth == 0 {
                    methods.extend(method);
                }
                depth += 1;
            }
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            _ => {}
        }
    }
    assert!(!methods.is_empty(), "no method at {path}");
    (path, methods)
}

#[test]
fn routes_are_read_as_they_are_written() {
    assert_eq!(
        parse("\"/a/{id}\", get(show).post(save))\n.route("),
        ("/a/{id}".to_owned(), vec!["get", "post"])
    );
    assert_eq!(parse("\n  \"/b\",\n  post(x::delete),\n)"), ("/b".to_owned(), vec!["post"]));
}
