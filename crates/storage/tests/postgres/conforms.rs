//! The PostgreSQL store passes every case of the conformance suite.

use crate::{dynamic, fresh};
use storage::conformance::cases;

/// Runs one case on a fresh store.
async fn passes(name: &str) {
    let (store, _scratch) = fresh().await;
    let (_, case) = cases().into_iter().find(|(known, _)| *known == name).unwrap();
    case(dynamic(&store)).await;
}

macro_rules! tests {
    ($($module:ident { $($name:ident)* })*) => {
        $($(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            passes(stringify!($name)).await;
        })*)*
    };
}

storage::conformance_cases!(tests);
