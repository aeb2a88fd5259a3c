//! The description of the API (OpenAPI 3.1), made from the handlers and their types.

use super::{
    access, appointments, audit, billings, calendar, care_team, catalogue, doctors, holds, links, load,
    messages, patients, problem, records, refunds, reports, second_factor, series, session, users, waiting,
};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Object, Ref, Required, ResponseBuilder, Type};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Clinic API",
        description = "Everything that the pages do, for programs. Lists are bounded and linked; changes state the \
                       version they change in `If-Match`; errors are problem details (RFC 9457).",
        license(name = "MIT")
    ),
    paths(
        session::sign_up,
        session::sign_in,
        session::read,
        session::sign_out,
        session::sign_out_everywhere,
        session::change_password,
        second_factor::begin,
        second_factor::confirm,
        second_factor::renew,
        second_factor::turn_off,
        links::forgot,
        links::reset,
        links::verify,
        users::list,
        users::create,
        users::read,
        users::update,
        users::reset_password,
        access::open,
        access::close,
        access::list,
        access::review,
        access::proxies,
        access::grant,
        access::end,
        care_team::read,
        care_team::add,
        care_team::end,
        access::wards,
        access::act_for,
        users::end_sessions,
        users::reset_second_factor,
        links::issue,
        doctors::list,
        doctors::slots,
        doctors::read_schedule,
        doctors::set_schedule,
        catalogue::read,
        catalogue::set,
        patients::search,
        patients::register,
        patients::read,
        patients::edit,
        links::invite,
        appointments::list,
        appointments::book,
        appointments::read,
        appointments::reschedule,
        appointments::cancel,
        appointments::restore,
        appointments::advance,
        appointments::link,
        calendar::read,
        calendar::make,
        calendar::end,
        load::load,
        load::check_out,
        load::set_priority,
        holds::hold,
        holds::read,
        holds::confirm,
        holds::let_go,
        series::book,
        series::read,
        series::shift,
        series::cancel,
        waiting::list,
        waiting::join,
        waiting::read,
        waiting::leave,
        waiting::accept,
        waiting::decline,
        waiting::offer,
        messages::list,
        messages::of_appointment,
        messages::retry,
        messages::answer,
        messages::reminders,
        records::list,
        records::create,
        records::read,
        records::chart,
        records::write_note,
        records::revise_note,
        records::sign_note,
        records::add_addendum,
        records::link,
        records::write_vitals,
        records::write_allergy,
        records::prescribe,
        records::diagnose,
        billings::list,
        billings::create,
        billings::read,
        billings::revise,
        billings::issue,
        billings::pay,
        billings::link,
        refunds::list,
        refunds::request,
        refunds::read,
        refunds::approve,
        refunds::decline,
        refunds::withdraw,
        reports::takings,
        reports::activity,
        audit::list,
        audit::own,
        audit::access_log,
    ),
    components(schemas(problem::Problem, problem::FieldProblem, problem::StrandedView, problem::NearestSlot, problem::TakenView)),
    security(("bearer" = []), ("cookie" = [])),
    modifiers(&Common)
)]
struct Description;

/// What all operations share.
struct Common;

impl Modify for Common {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        if let Some(components) = openapi.components.as_mut() {
            let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
            components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
            let cookie = ApiKey::Cookie(ApiKeyValue::new("__Host-session"));
            components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
        }
        let problem = ResponseBuilder::new()
            .description("A problem (RFC 9457)")
            .content("application/problem+json", Content::new(Some(Ref::from_schema_name("Problem"))))
            .build();
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "A string of your choice, new for each request, as a UUID. The same request under the same key is done \
                 once: for 24 hours its first answer is given again, with `Idempotency-Replayed: true`. Another request \
                 under that key is refused with 422.",
            ))
            .schema(Some(Object::with_type(Type::String)))
            .build();
        for item in openapi.paths.paths.values_mut() {
            let operations =
                [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
            for operation in operations.into_iter().flatten() {
                operation.responses.responses.insert("default".to_owned(), problem.clone().into());
            }
            let changes = [&mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
            for operation in changes.into_iter().flatten() {
                operation.parameters.get_or_insert_default().push(key.clone().into());
            }
        }
    }
}

/// The document.
static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(Description::openapi);
/// The document as bytes.
static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| serde_json::to_vec(&*DOCUMENT).unwrap_or_default());

/// The document, for the page that shows it.
pub(super) fn value() -> serde_json::Value {
    serde_json::to_value(&*DOCUMENT).unwrap_or_default()
}

/// `GET /api/openapi.json`.
pub(super) async fn document() -> Response {
    let mut response = BYTES.as_slice().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
