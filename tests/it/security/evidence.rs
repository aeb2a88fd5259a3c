//! `docs/security.md` is read here: every requirement has one row and one answer, what the page cites and names is there,
//! and what it says of its gaps is what its tables say.

use crate::matrix::source;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// How many requirements of levels 1 and 2 the sections of OWASP ASVS 5.0.0 have that apply here: of V1.1, V1.2 and so on,
/// numbered from 1 each.
const ASVS: &str = "1.1 2, 1.2 9, 1.3 11, 1.4 3, 1.5 2, 2.1 3, 2.2 3, 2.3 4, 2.4 1, 3.2 2, 3.3 4, 3.4 6, 3.5 5, \
    3.7 2, 4.1 3, 4.2 1, 4.3 2, 4.4 4, 5.1 1, 5.2 3, 5.3 2, 5.4 3, 6.1 3, 6.2 12, 6.3 4, 6.4 4, \
    6.5 5, 6.6 3, 6.8 4, 7.1 3, 7.2 4, 7.3 2, 7.4 5, 7.5 2, 7.6 2, 8.1 2, 8.2 3, 8.3 1, 8.4 1, \
    9.1 3, 9.2 4, 11.1 2, 11.2 3, 11.3 3, 11.4 4, 11.5 1, 11.6 1, 12.1 3, 12.2 2, 12.3 4, 13.1 1, \
    13.2 5, 13.3 2, 13.4 5, 14.1 2, 14.2 4, 14.3 3, 15.1 3, 15.2 3, 15.3 7, 16.1 1, 16.2 5, 16.3 4, \
    16.4 3, 16.5 3";
/// The same of the design.
const DESIGN: [(char, usize); 8] =
    [('A', 6), ('B', 7), ('C', 5), ('D', 5), ('E', 4), ('F', 3), ('G', 5), ('H', 2)];
/// The standards of 45 CFR 164.312.
const HIPAA: [&str; 8] = ["(a)(2)(i)", "(a)(2)(ii)", "(a)(2)(iii)", "(a)(2)(iv)", "(b)", "(c)", "(d)", "(e)"];

/// What an answer can be; the page explains them.
const ANSWERS: [&str; 7] = ["tested", "checked", "read", "written", "operator", "absent", "gap"];

/// The headings of a table that answers.
const HEADINGS: (&str, &str, &str) = ("Id", "Answer", "Where, and proof");

/// A row of such a table.
struct Row {
    id: String,
    answer: String,
    why: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join("docs/security.md")).unwrap()
}

fn rows() -> Vec<Row> {
    let (mut rows, mut is_answering) = (Vec::new(), false);
    for line in page().lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells[..] {
            ["", id, _, answer, why, ""] if (id, answer, why) == HEADINGS => is_answering = true,
            ["", rule, ..] if rule.starts_with("---") => {}
            ["", id, _, answer, why, ""] if is_answering => {
                let [id, answer, why] = [id, answer, why].map(str::to_owned);
                rows.push(Row { id, answer, why });
            }
            ["", _, ..] => assert!(!is_answering, "{line}"),
            _ => is_answering = false,
        }
    }
    rows
}

fn required() -> BTreeSet<String> {
    let section = |text: &'static str| {
        let (name, count) = text.split_once(' ').unwrap();
        (1..=count.parse::<usize>().unwrap()).map(move |number| format!("V{name}.{number}"))
    };
    let asvs: BTreeSet<String> = ASVS.split(", ").flat_map(section).collect();
    assert_eq!(asvs.len(), 217);
    let design =
        DESIGN.into_iter().flat_map(|(letter, count)| (1..=count).map(move |at| format!("{letter}{at}")));
    asvs.into_iter().chain(design).chain(HIPAA.map(str::to_owned)).collect()
}

#[test]
fn every_requirement_has_one_row_with_one_answer() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(ANSWERS.contains(&row.answer.as_str()), "{}: {:?} is no answer", row.id, row.answer);
        assert!(!row.why.is_empty(), "{} does not say why", row.id);
        assert_eq!(row.answer == "gap", row.why.ends_with("(gap)"), "{} says two things", row.id);
        assert!(seen.insert(row.id.clone()), "{} has two rows", row.id);
    }
    let missing: Vec<_> = required().difference(&seen).cloned().collect();
    let unknown: Vec<_> = seen.difference(&required()).cloned().collect();
    assert!(missing.is_empty() && unknown.is_empty(), "without a row: {missing:?}, unknown: {unknown:?}");
}

/// The files that may be cited, by their path in the repository.
struct Repository(Vec<(String, PathBuf)>);

impl Repository {
    fn read() -> Self {
        let (root, mut waiting, mut found) = (root(), Vec::new(), Vec::new());
        waiting.extend(
            ["crates", "docs", "end2end/tests", "fuzz/fuzz_targets", "src", "tests"]
                .map(|name| root.join(name)),
        );
        waiting.extend(
            ["scripts", "Cargo.toml", "Cargo.lock", "deny.toml", "Dockerfile", "README.md", "THIRD-PARTY.md"]
                .map(|name| root.join(name)),
        );
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else {
                found.push((path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"), path));
            }
        }
        Self(found)
    }

    /// The text of the one file whose path is this, or ends so.
    fn text(&self, cited: &str) -> Result<String, String> {
        let ending = format!("/{cited}");
        let named = self.0.iter().filter(|(path, _)| path == cited);
        let ended = self.0.iter().filter(|(path, _)| path.ends_with(&ending));
        let found: Vec<_> = if named.clone().next().is_some() { named.collect() } else { ended.collect() };
        match found[..] {
            [(_, place)] => Ok(fs::read_to_string(place).unwrap_or_default()),
            [] => Err(format!("no file ends with {cited}")),
            _ => Err(format!("more than one file ends with {cited}")),
        }
    }

    /// The sources of the program.
    fn sources(&self) -> Vec<(&str, String)> {
        let is_source = |path: &str| {
            has_extension(path, "rs") && (path.starts_with("src/") || path.starts_with("crates/"))
        };
        let sources = self.0.iter().filter(|(path, _)| is_source(path));
        sources.map(|(path, place)| (path.as_str(), fs::read_to_string(place).unwrap())).collect()
    }
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// A file, and the test in it if one is named: `security/tokens.rs::every_flipped_bit_is_noticed`.
fn cited(quote: &str) -> Option<(&str, Option<&str>)> {
    let (file, name) = quote.split_once("::").map_or((quote, None), |(file, name)| (file, Some(name)));
    let kinds = ["rs", "ts", "sh", "mjs", "md", "txt", "toml", "yaml", "lock"];
    let is_file = kinds.iter().any(|kind| has_extension(file, kind)) || file == "Dockerfile";
    is_file.then_some((file, name))
}

/// Whether `text` has `word` with nothing of a word right before or behind it.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word).any(|(at, _)| {
        let (before, behind) = (&text[..at], &text[at + word.len()..]);
        !before.ends_with(is_part) && !behind.starts_with(is_part)
    })
}

#[test]
fn what_the_page_cites_is_there() {
    let (repository, page) = (Repository::read(), page());
    let mut wrong = Vec::new();
    for (file, name) in page.lines().flat_map(quoted).filter_map(cited) {
        match (repository.text(file), name) {
            (Err(error), _) => wrong.push(error),
            (Ok(text), Some(name)) if !has_word(&text, &format!("fn {name}")) => {
                wrong.push(format!("{file} has no {name}"));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn whoever_claims_a_test_cites_one() {
    let repository = Repository::read();
    let marks = ["#[test]", "#[tokio::test", "proptest!", "\ntest("];
    let has_tests = |(file, _): (&str, Option<&str>)| {
        repository.text(file).is_ok_and(|text| marks.iter().any(|mark| text.contains(mark)))
    };
    for row in rows().into_iter().filter(|row| row.answer == "tested") {
        assert!(quoted(&row.why).filter_map(cited).any(has_tests), "{} cites no test", row.id);
    }
}

/// Parts of the program as `module::name`, rules of the scanner, settings, and addresses of the site.
#[test]
fn what_the_page_names_is_there() {
    let (repository, page) = (Repository::read(), page());
    let (sources, routes) = (repository.sources(), source::routes());
    let rules = repository.text("scan/rules.yaml").unwrap();
    let is_module = |name: &str| {
        let (file, folder) = (format!("/{name}.rs"), format!("/{name}/"));
        sources.iter().any(|(path, _)| path.ends_with(&file) || path.contains(&folder))
    };
    let is_item = |name: &str| {
        let kinds = ["fn", "struct", "enum", "trait", "const"].map(|kind| format!("{kind} {name}"));
        sources.iter().any(|(_, text)| kinds.iter().any(|declared| has_word(text, declared)))
    };
    let only =
        |text: &str, more: &[char]| text.chars().all(|it| it.is_ascii_alphanumeric() || more.contains(&it));
    let mut wrong = Vec::new();
    for quote in page.lines().flat_map(quoted).filter(|quote| cited(quote).is_none()) {
        let is_setting =
            quote.contains('_') && !quote.contains(|it: char| it != '_' && !it.is_ascii_uppercase());
        let is_there = if quote.contains("::") && only(quote, &['_', ':']) {
            quote.split("::").all(|part| is_module(part) || is_item(part))
        } else if is_setting {
            sources.iter().any(|(_, text)| has_word(text, quote))
        } else if quote.starts_with('/') && only(quote, &['/', '-']) {
            routes.iter().any(|route| route.split(' ').nth(1) == Some(quote))
        } else {
            true
        };
        if !is_there {
            wrong.push(quote.to_owned());
        }
    }
    let named = page.split("rule `").skip(1).filter_map(|rest| rest.split('`').next());
    wrong.extend(named.filter(|rule| !rules.contains(&format!("id: {rule}\n"))).map(str::to_owned));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_list_of_gaps_and_the_figures_are_those_of_the_tables() {
    let (page, rows) = (page(), rows());
    let mut counts = BTreeMap::<&str, usize>::new();
    for row in rows.iter().filter(|row| row.id.starts_with('V')) {
        *counts.entry(row.answer.as_str()).or_default() += 1;
    }
    let figures = ANSWERS.map(|answer| format!("{} {answer}", counts.get(answer).unwrap_or(&0))).join(", ");
    assert!(page.contains(&figures), "the page does not say: {figures}");
    let (_, list) = page.split_once("\n## Known gaps\n").expect("a list of known gaps");
    let listed: Vec<&str> = rows.iter().map(|row| row.id.as_str()).filter(|id| has_word(list, id)).collect();
    let gaps: Vec<&str> = rows.iter().filter(|row| row.answer == "gap").map(|row| row.id.as_str()).collect();
    assert_eq!(listed, gaps);
}
