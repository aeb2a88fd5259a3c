//! Suggestions for the patient search.
#![expect(missing_docs, reason = "the `server` macro makes public items without documentation")]

use crate::islands::patient_typeahead::PatientSuggestion;
use crate::rpc::RpcError;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

/// The first patients that match a text.
#[server(prefix = "/rpc", endpoint = "patients", input = Json)]
pub async fn find_patients(text: String) -> Result<Vec<PatientSuggestion>, RpcError> {
    let caller = super::server::caller()?;
    super::server::answer(super::server::suggestions(&caller, text).await)
}
