//! Suggestions for the patient search.
#![expect(missing_docs, reason = "the `server` macro makes public items without documentation")]

use crate::rpc::RpcError;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

/// The first patients that match a text, as options that lead to `action` and the patient's id.
#[server(prefix = "/rpc", endpoint = "patients", input = Json)]
pub async fn find_patients(text: String, action: String) -> Result<String, RpcError> {
    let caller = super::server::caller()?;
    super::server::answer(super::server::suggestions(&caller, text, &action).await)
}
