//! Makes the crate embed the site again when it was built anew; the site may be missing.

use std::fs;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=public");
    println!("cargo:rerun-if-changed=style/main.css");
    println!("cargo:rerun-if-env-changed=LEPTOS_OUTPUT_NAME");
    let mut stamp: Vec<String> = Vec::new();
    if let Ok(entries) = fs::read_dir("target/site/pkg") {
        println!("cargo:rerun-if-changed=target/site/pkg");
        for entry in entries.flatten() {
            let size = entry.metadata().map_or(0, |metadata| metadata.len());
            stamp.push(format!("{}:{size}", entry.file_name().to_string_lossy()));
        }
    }
    stamp.sort();
    println!("cargo:rustc-env=SITE_STAMP={}", stamp.join(","));
}
