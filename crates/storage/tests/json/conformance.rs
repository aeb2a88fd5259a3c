//! The JSON store passes every case of the conformance suite.

use crate::opened;
use storage::conformance::cases;

/// Runs one case on a fresh store.
async fn passes(name: &str) {
    let directory = tempfile::tempdir().unwrap();
    let (_, case) = cases().into_iter().find(|(known, _)| *known == name).unwrap();
    case(opened(directory.path())).await;
}

macro_rules! tests {
    ($($module:ident { $($name:ident)* })*) => {
        $($(#[tokio::test]
        async fn $name() {
            passes(stringify!($name)).await;
        })*)*
    };
}

storage::conformance_cases!(tests);
