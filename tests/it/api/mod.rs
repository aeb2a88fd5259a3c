//! The API under `/api`.

mod appointments;
mod bad_input;
mod billings;
mod catalogue;
mod holds;
mod legacy;
mod lists;
mod medicalrecords;
mod openapi;
mod patients;
mod refunds;
mod series;
mod session;
mod users;
mod waiting;

pub use appointments::join_all;
