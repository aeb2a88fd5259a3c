//! How long a decision of the policy takes, over every role, action and relation, in nanoseconds.

use domain::policy::Relation;
use domain::{Action, Role, decide};
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

fn main() -> std::io::Result<()> {
    const ROUNDS: u32 = 2000;
    let mut decisions = 0_u32;
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        for role in Role::ALL {
            for action in Action::ALL {
                for relation in Relation::ALL {
                    black_box(decide(black_box(Some(role)), black_box(*action), black_box(relation)));
                    decisions += 1;
                }
            }
        }
    }
    let each = begin.elapsed().as_secs_f64() * 1e9 / f64::from(decisions);
    writeln!(std::io::stdout(), "{each:.2}")
}
