//! Style, fonts, icons and islands: embedded into the binary, served under a path that names their content.

use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::LazyLock;

/// Files that need no build: fonts, icons, the loader of the islands.
#[derive(RustEmbed)]
#[folder = "public/"]
struct Public;

/// The committed style sheet, for a server built without the site.
#[derive(RustEmbed)]
#[folder = "style/"]
#[include = "main.css"]
struct Style;

/// The built site, if it was built before the binary: scripts, WebAssembly and their compressed twins.
#[derive(RustEmbed)]
#[folder = "target/site/pkg/"]
#[allow_missing = true]
struct Package;

/// One year, and never asked for again: the path changes with the content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The versioned root of all assets, as `/assets/1a2b3c4d5e6f`.
pub static ROOT: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<String> =
        Package::iter().chain(Public::iter()).chain(Style::iter()).map(Into::into).collect();
    names.sort_unstable();
    names.dedup();
    let mut hasher = Sha256::new();
    for name in names {
        for file in [package(&name), Public::get(&name), Style::get(&name)].into_iter().flatten() {
            hasher.update(name.as_bytes());
            hasher.update(file.metadata.sha256_hash());
        }
    }
    let digest = hasher.finalize();
    digest.iter().take(6).fold("/assets/".to_owned(), |mut root, byte| {
        let _ = write!(root, "{byte:02x}");
        root
    })
});

/// Whether the islands were built into this binary; pages are complete without them.
pub static HAS_ISLANDS: LazyLock<bool> = LazyLock::new(|| package("healthcare.wasm").is_some());

fn package(name: &str) -> Option<EmbeddedFile> {
    Package::get(name)
}

/// `GET /assets/{version}/{*name}`: for ever.
pub async fn versioned(Path((_, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    serve(&name, &headers, FOR_EVER)
}

/// `GET /fonts/{*name}`: fonts keep their name, their content never changes under it.
pub async fn font(Path(name): Path<String>, headers: HeaderMap) -> Response {
    serve(&format!("fonts/{name}"), &headers, FOR_EVER)
}

/// `GET /favicon.svg` and the like: asked for by a fixed name.
pub async fn fixed(
    axum::extract::OriginalUri(uri): axum::extract::OriginalUri,
    headers: HeaderMap,
) -> Response {
    serve(uri.path().trim_start_matches('/'), &headers, "public, max-age=3600")
}

fn serve(name: &str, headers: &HeaderMap, caching: &'static str) -> Response {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((file, encoding)) = find(name, accepted) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..8]));
    if headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(tag.as_str()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mime = mime_guess::from_path(name).first_or_octet_stream();
    let charset = if mime.type_() == "text" { "; charset=utf-8" } else { "" };
    let mut response = file.data.into_owned().into_response();
    let out = response.headers_mut();
    out.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    for (header, value) in [(CONTENT_TYPE, format!("{mime}{charset}")), (ETAG, tag)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            out.insert(header, value);
        }
    }
    if let Some(encoding) = encoding {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The file, compressed beforehand if such a twin exists and is accepted.
fn find(name: &str, accepted: &str) -> Option<(EmbeddedFile, Option<&'static str>)> {
    // The built site has the style sheet minified and compressed under the package's name.
    let bare = if name == "main.css" { "healthcare.css" } else { name.strip_prefix("pkg/").unwrap_or(name) };
    for (suffix, encoding) in [("br", "br"), ("gz", "gzip")] {
        if accepted.contains(encoding)
            && let Some(file) = package(&format!("{bare}.{suffix}"))
        {
            return Some((file, Some(encoding)));
        }
    }
    package(bare).or_else(|| Public::get(name)).or_else(|| Style::get(name)).map(|file| (file, None))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
