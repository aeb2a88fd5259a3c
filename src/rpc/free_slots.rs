//! Free times for the slot picker.
#![expect(missing_docs, reason = "the `server` macro makes public items without documentation")]

use crate::islands::slot_picker::FreeTimes;
use crate::rpc::RpcError;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

/// The free times of a doctor (empty: any) on a date, for a kind of visit.
#[server(prefix = "/rpc", endpoint = "free-slots", input = Json)]
pub async fn free_slots(doctor: String, date: String, visit_type: String) -> Result<FreeTimes, RpcError> {
    let caller = super::server::caller()?;
    super::server::answer(crate::web::pages::free_times(&caller.services, &caller.actor, &doctor, &date, &visit_type).await)
}
