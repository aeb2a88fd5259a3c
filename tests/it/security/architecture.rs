//! The layers, kept by reading the sources: what a name may stand in, and what may stand nowhere.

use crate::matrix::source::visit_named;
use std::path::{Path, PathBuf};

/// Every source file of the product with its text, without the tests beneath it, by its path in the repository.
fn sources() -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["src", "crates"] {
        visit_named(&root.join(folder), &mut |path: &Path, text: &str| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            let product = text.split("\nmod tests {").next().unwrap_or_default();
            found.push((name, product.to_owned()));
        });
    }
    found
}

/// The files in which a line of code (not of documentation) has `word`.
fn files_with(word: &str) -> Vec<String> {
    let has =
        |text: &str| text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
    sources().into_iter().filter(|(_, text)| has(text)).map(|(name, _)| name).collect()
}

fn outside(files: Vec<String>, allowed: &[&str]) -> Vec<String> {
    files.into_iter().filter(|name| !allowed.iter().any(|start| name.starts_with(start))).collect()
}

#[test]
fn only_services_and_the_commands_name_the_store() {
    for word in ["storage::", "use storage", "healthcare_storage"] {
        let commands = [
            "src/audit.rs",
            "src/bootstrap.rs",
            "src/database.rs",
            "src/maintenance.rs",
            "src/moving.rs",
            "src/exit.rs",
            "src/progress.rs",
        ];
        let allowed = [&["crates/storage/", "crates/service/"][..], &commands].concat();
        assert_eq!(outside(files_with(word), &allowed), Vec::<String>::new(), "{word}");
    }
}

#[test]
fn statements_of_a_database_stand_in_its_backend_only() {
    let backend = ["crates/storage/src/postgres/", "crates/storage/src/conformance/scratch.rs"];
    for word in ["sqlx", "SELECT ", "INSERT INTO", "DELETE FROM"] {
        let found: Vec<_> =
            outside(files_with(word), &backend).into_iter().filter(|name| name.contains("src/")).collect();
        assert_eq!(found, Vec::<String>::new(), "{word}");
    }
    // And there in one module: the others name its constants.
    for word in ["SELECT ", "INSERT INTO", "DELETE FROM", "UPDATE ", "LOCK TABLE"] {
        let modules = ["crates/storage/src/postgres/sql", "crates/storage/src/postgres/checks.rs"];
        let found: Vec<_> = outside(files_with(word), &modules)
            .into_iter()
            .filter(|name| name.contains("src/postgres/"))
            .collect();
        assert_eq!(found, Vec::<String>::new(), "{word}");
    }
}

#[test]
fn the_domain_knows_no_other_layer() {
    for word in ["service::", "storage::", "axum", "leptos", "tokio", "std::fs", "Timestamp::now"] {
        let found: Vec<_> =
            files_with(word).into_iter().filter(|name| name.starts_with("crates/domain/")).collect();
        assert_eq!(found, Vec::<String>::new(), "{word}");
    }
}

#[test]
fn storage_and_services_know_no_http() {
    for word in ["axum", "leptos", "StatusCode"] {
        let found: Vec<_> = files_with(word).into_iter().filter(|name| name.starts_with("crates/")).collect();
        assert_eq!(found, Vec::<String>::new(), "{word}");
    }
    let found: Vec<_> =
        files_with("service::").into_iter().filter(|name| name.starts_with("crates/storage/")).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn islands_know_the_domain_and_server_functions_only() {
    for word in ["service::", "crate::web", "crate::ui", "crate::rest", "axum"] {
        let found: Vec<_> =
            files_with(word).into_iter().filter(|name| name.starts_with("src/islands/")).collect();
        assert_eq!(found, Vec::<String>::new(), "{word}");
    }
}

#[test]
fn rights_are_decided_at_the_gate_alone() {
    let allowed = ["crates/domain/src/policy.rs", "crates/service/src/gate.rs"];
    let calls = |line: &str| {
        line.contains("decide(") && !line.trim_start().starts_with("//") && !line.contains("fn decide(")
    };
    let found: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| text.lines().any(calls))
        .map(|(name, _)| name)
        // Figures of the table's own speed are no decision.
        .filter(|name| !name.contains("/examples/"))
        .filter(|name| !name.contains("/tests") && !name.ends_with("matrix.rs"))
        .collect();
    assert_eq!(outside(found, &allowed), Vec::<String>::new());
}

#[test]
fn raw_markup_is_written_where_it_is_escaped() {
    // Two islands put in what the server rendered and escaped; no other code hands markup to a browser.
    let islands = ["src/islands/slot_picker.rs", "src/islands/patient_typeahead.rs"];
    assert_eq!(outside(files_with("set_inner_html"), &islands), Vec::<String>::new());
    let others: Vec<_> = outside(files_with("inner_html"), &islands);
    let pages = ["src/ui/form.rs", "src/ui/layout.rs"];
    // The day is written by the builder of markup, which escapes.
    let day =
        ["timetable", "phone", "week", "waiting"].map(|name| format!("src/ui/pages/appointments/{name}.rs"));
    let day = day.each_ref().map(String::as_str);
    assert_eq!(outside(outside(others, &pages), &day), Vec::<String>::new());
    for (name, text) in sources().into_iter().filter(|(name, _)| day.contains(&name.as_str())) {
        let is_escaped = |line: &str| !line.contains("inner_html=") || line.contains(".into_string()>");
        assert!(text.lines().all(is_escaped), "{name}");
    }
}

#[test]
fn nothing_is_kept_in_a_browsers_storage() {
    for word in
        ["local_storage", "session_storage", "localStorage", "sessionStorage", "indexed_db", "IdbFactory"]
    {
        assert_eq!(files_with(word), Vec::<String>::new(), "{word}");
    }
}

#[test]
fn nothing_is_left_undone() {
    for word in
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("unimpl", "emented!"), concat!("to", "do!(")]
    {
        assert_eq!(sources().into_iter().filter(|(_, text)| text.contains(word)).count(), 0, "{word}");
    }
}

#[test]
fn every_file_opens_with_what_lives_there() {
    for (name, text) in sources() {
        assert!(text.starts_with("//! ") || text.starts_with("#!["), "{name}");
    }
}
