//! How long the session still lasts, for the warning before its end.
#![allow(clippy::unused_async, reason = "a server function is async wherever it runs")]

use crate::rpc::RpcError;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

/// Seconds until the session ends if it is not used again. Asking is no use of it.
#[server(prefix = "/rpc", endpoint = "session-left", input = Json)]
pub async fn session_left() -> Result<i64, RpcError> {
    let caller = super::server::caller()?;
    super::server::answer(super::server::seconds_left(&caller))
}

/// The same, after this use of it.
#[server(prefix = "/rpc", endpoint = "session-extended", input = Json)]
pub async fn extend_session() -> Result<i64, RpcError> {
    let caller = super::server::caller()?;
    super::server::answer(super::server::seconds_left(&caller))
}
