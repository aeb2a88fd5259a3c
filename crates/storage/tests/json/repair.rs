//! Repair: it tells what would be lost, changes nothing without consent to exactly that, and leaves a sound directory.

use crate::backup::{beside, ids, killed, sign_up};
use crate::{copy_directory, open, opened, options, quiet, segment};
use std::fs;
use std::path::Path;
use storage::json::{OpenError, Until, plan, repair, restore, verify};

/// Flips a bit in the journal's line of one transaction.
fn damage(directory: &Path, seq: u64) {
    let path = segment(directory);
    let mut bytes = fs::read(&path).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let at = text.find(&format!("{{\"seq\":{seq},")).unwrap();
    bytes[at + 30] ^= 1;
    fs::write(&path, bytes).unwrap();
}

async fn goes_on_after(directory: &Path, last: u64) {
    assert_eq!(ids(directory).await, (1..=last).collect::<Vec<_>>());
    let found = verify(&options(directory), &quiet).unwrap();
    assert_eq!((found.totals.users, found.audit_events), (last, last));
    let store = opened(directory);
    sign_up(&store, 50).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(verify(&options(directory), &quiet).unwrap().totals.users, last + 1);
    assert!(plan(&options(directory), &quiet).unwrap().trouble.is_empty());
}

#[tokio::test]
async fn there_is_nothing_to_repair_in_a_sound_directory() {
    let directory = killed().await;
    let found = plan(&options(directory.path()), &quiet).unwrap();
    assert_eq!((found.keep, found.trouble, found.lost), (10, vec![], vec![]));
    assert_eq!(repair(&options(directory.path()), 10, &quiet).unwrap().1, None);
    assert!(!directory.path().join("quarantine").exists());
}

#[tokio::test]
async fn a_damaged_journal_is_cut_before_the_damage_after_consent_to_that_alone() {
    let directory = killed().await;
    damage(directory.path(), 8);
    let damaged = fs::read(segment(directory.path())).unwrap();
    assert!(matches!(open(directory.path()), Err(OpenError::Corrupt { .. })));
    let options = options(directory.path());
    let found = plan(&options, &quiet).unwrap();
    assert_eq!((found.keep, found.totals.users, found.base), (7, 7, 5));
    assert_eq!(found.lost.iter().map(|lost| lost.seq).collect::<Vec<_>>(), [9, 10]);
    assert!(found.lost[0].to_string().contains("SignUp user 1"), "{}", found.lost[0]);
    assert!(found.unreadable > 0 && found.trouble.len() == 1, "{found:?}");
    for wrong in [6, 8, 10] {
        assert_eq!(repair(&options, wrong, &quiet).unwrap(), (found.clone(), None));
        assert_eq!(fs::read(segment(directory.path())).unwrap(), damaged);
    }
    let (done, kept) = repair(&options, 7, &quiet).unwrap();
    let kept = kept.unwrap();
    assert_eq!(done, found);
    assert_eq!(fs::read(segment(&kept)).unwrap(), damaged);
    goes_on_after(directory.path(), 7).await;
    for moment in [3, 6] {
        let (_parent, restored) = beside(&directory, "restored");
        assert_eq!(restore(&options, &restored, Until::Transaction(moment), &quiet).unwrap().last, moment);
    }
}

/// The ways in which a directory can be damaged though its journal has everything.
#[tokio::test]
async fn nothing_is_lost_while_an_older_checkpoint_and_the_archive_lead_to_the_end() {
    let generation = "snapshots/00000000000000000005";
    let ways: [&[&str]; 5] = [
        &["users.json", &format!("{generation}/users.json")],
        &["store.json"],
        &["audit/00000000000000000001.jsonl"],
        &["billings.json", &format!("{generation}/billings.json"), &format!("{generation}/manifest.json")],
        &["store.json", &format!("{generation}/manifest.json")],
    ];
    for way in ways {
        for is_removed in [false, true] {
            let directory = killed().await;
            for name in way {
                let path = directory.path().join(name);
                if is_removed {
                    fs::remove_file(&path).unwrap();
                } else {
                    let mut bytes = fs::read(&path).unwrap();
                    let middle = bytes.len() / 2;
                    bytes.truncate(middle);
                    fs::write(&path, bytes).unwrap();
                }
            }
            assert!(open(directory.path()).is_err(), "{way:?}");
            let options = options(directory.path());
            let found = plan(&options, &quiet).unwrap();
            assert_eq!((found.keep, &found.lost), (10, &vec![]), "{way:?}, {:?}", found.trouble);
            assert!(!found.trouble.is_empty(), "{way:?}");
            assert!(repair(&options, 10, &quiet).unwrap().1.is_some(), "{way:?}");
            goes_on_after(directory.path(), 10).await;
        }
    }
}

#[tokio::test]
async fn a_lost_journal_costs_what_came_after_the_checkpoint() {
    let directory = killed().await;
    fs::remove_dir_all(directory.path().join("journal")).unwrap();
    let options = options(directory.path());
    assert_eq!(plan(&options, &quiet).unwrap().keep, 5);
    assert!(repair(&options, 5, &quiet).unwrap().1.is_some());
    goes_on_after(directory.path(), 5).await;
}

#[tokio::test]
async fn a_directory_in_use_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let store = opened(directory.path());
    let refused = repair(&options(directory.path()), 0, &quiet);
    assert!(matches!(refused, Err(OpenError::Serving { .. })), "{refused:?}");
    drop(store);
    let (_parent, copy) = beside(&directory, "copy");
    copy_directory(directory.path(), &copy);
    assert!(repair(&options(&copy), 0, &quiet).is_ok());
}
