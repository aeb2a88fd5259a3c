//! Server functions that islands call: explicit endpoint names, three-line bodies. They answer with markup,
//! made by the same views as the pages, so that neither views nor data structures weigh on the WebAssembly.

pub mod error;
pub mod free_slots;
pub mod patients;
pub mod session;

#[cfg(feature = "ssr")]
mod server;
#[cfg(feature = "ssr")]
pub use server::routes;

pub use error::RpcError;
