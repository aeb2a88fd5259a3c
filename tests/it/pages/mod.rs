//! Pages, beside what the API answers to the same.

mod set_up;
mod twins;
