//! Server functions that islands call: explicit endpoint names, three-line bodies.

pub mod error;
pub mod free_slots;
pub mod patients;

#[cfg(feature = "ssr")]
mod server;
#[cfg(feature = "ssr")]
pub use server::routes;

pub use error::RpcError;
