//! Pages, beside what the API answers to the same.

mod access;
mod audit;
mod board;
mod calendar;
mod holds;
mod refunds;
mod schedules;
mod series;
mod set_up;
mod twins;
mod views;
mod waiting;
