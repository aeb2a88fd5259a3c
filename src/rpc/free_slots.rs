//! Free times for the slot picker.
#![expect(missing_docs, reason = "the `server` macro makes public items without documentation")]

use crate::rpc::RpcError;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

/// The free times of a doctor (empty: any) on a date, for a kind of visit, as radio buttons.
#[server(prefix = "/rpc", endpoint = "free-slots", input = Json)]
pub async fn free_slots(doctor: String, date: String, visit_type: String) -> Result<String, RpcError> {
    let caller = super::server::caller()?;
    super::server::answer(super::server::free_times(&caller, &doctor, &date, &visit_type).await)
}
