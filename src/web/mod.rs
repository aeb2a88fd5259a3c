//! HTTP: the router, the order of middleware, who the caller is, forms, error pages, probes, assets.
//! No rules of the clinic live here.

pub mod assets;
pub mod auth;
pub mod client_address;
pub mod context;
pub mod cookies;
pub mod device;
pub mod errors;
pub mod form_body;
pub mod forms;
pub mod limits;
pub mod links;
pub mod live;
pub mod metrics;
pub mod origin;
pub mod pages;
pub mod probes;
pub mod repeats;
pub mod router;
pub mod security;
pub mod state;
pub mod tokens;

pub use client_address::ClientAddress;
pub use context::PageContext;
pub use errors::PageError;
pub use forms::FormData;
pub use state::AppState;
