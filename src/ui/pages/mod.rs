//! Views of the pages, one file or folder an area.

pub mod account;
pub mod admin;
pub mod answers;
pub mod appointments;
pub mod billing;
pub mod care_team;
pub mod home;
pub mod patients;
pub mod proxies;
pub mod records;
