//! `/api`: the description of the API as a page, rendered from the OpenAPI document.

use super::openapi;
use crate::web::context::{PageContext, PageHead, Section};
use axum::response::Response;
use leptos::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;

/// What one tag groups.
#[derive(Clone)]
struct Group {
    name: String,
    operations: Vec<Operation>,
}

#[derive(Clone)]
struct Operation {
    id: String,
    verb: &'static str,
    path: String,
    summary: String,
    description: String,
    parameters: Vec<Field>,
    bodies: Vec<Shape>,
    answers: Vec<Shape>,
}

/// An object as it stands in a body.
#[derive(Clone)]
struct Shape {
    title: String,
    fields: Vec<Field>,
}

#[derive(Clone)]
struct Field {
    name: String,
    kind: String,
    words: String,
}

static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| groups(&openapi::value()));

/// Verbs in the order of a page.
const VERBS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn groups(document: &Value) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, item) in paths {
        for verb in VERBS {
            let Some(operation) = item.get(verb) else { continue };
            let name = text(&operation["tags"][0]);
            let operation = Operation::of(document, verb, path, operation);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.operations.push(operation),
                None => groups.push(Group { name, operations: vec![operation] }),
            }
        }
    }
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    groups
}

impl Operation {
    fn of(document: &Value, verb: &'static str, path: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten().map(|parameter| Field {
            name: text(&parameter["name"]),
            kind: format!("{}, {}", text(&parameter["in"]), kind(&parameter["schema"])),
            words: text(&parameter["description"]),
        });
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let answers = operation["responses"].as_object().into_iter().flatten();
        let answers = answers.filter(|(status, _)| *status != "default").flat_map(|(status, answer)| {
            let schema = &answer["content"]["application/json"]["schema"];
            let title = format!("{status}: {}", text(&answer["description"]));
            let fields =
                shapes(document, schema).into_iter().next().map(|shape| shape.fields).unwrap_or_default();
            [Shape { title, fields }]
        });
        Self {
            id: format!("{verb}{}", path.replace(['/', '{', '}'], "-").replace("--", "-")),
            verb,
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            description: text(&operation["description"]),
            parameters: parameters.collect(),
            bodies: shapes(document, body),
            answers: answers.collect(),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().to_owned()
}

/// The object that a schema refers to, or the schema itself.
fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).unwrap_or(schema),
        None => schema,
    }
}

/// The objects that a schema allows; of an array, its items.
fn shapes(document: &Value, schema: &Value) -> Vec<Shape> {
    if schema.is_null() {
        return Vec::new();
    }
    let schema = match schema.get("items") {
        Some(items) => resolve(document, items),
        None => resolve(document, schema),
    };
    match schema["oneOf"].as_array() {
        Some(variants) => variants.iter().flat_map(|variant| variant_shapes(document, variant)).collect(),
        None => vec![Shape { title: text(&schema["title"]), fields: fields(document, schema) }],
    }
}

/// A variant holds its object under its own name, of which only the object is sent.
fn variant_shapes(document: &Value, variant: &Value) -> Vec<Shape> {
    let title = text(&variant["title"]);
    let inner = variant["properties"]
        .as_object()
        .and_then(|properties| properties.values().next())
        .unwrap_or(variant);
    let fields = fields(document, resolve(document, inner));
    vec![Shape { title, fields }]
}

fn fields(document: &Value, schema: &Value) -> Vec<Field> {
    let parts = schema["allOf"].as_array();
    let mut fields: Vec<Field> = match parts {
        Some(parts) => parts.iter().flat_map(|part| fields_of(resolve(document, part))).collect(),
        None => Vec::new(),
    };
    fields.extend(fields_of(schema));
    fields
}

fn fields_of(schema: &Value) -> Vec<Field> {
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let properties = schema["properties"].as_object().into_iter().flatten();
    let field = |(name, property): (&String, &Value)| Field {
        name: name.clone(),
        kind: if required(name) { kind(property) } else { format!("{}, optional", kind(property)) },
        words: text(&property["description"]),
    };
    properties.map(field).collect()
}

/// A schema's type in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return name.to_owned();
    }
    let word = |value: &Value| match value.as_str() {
        Some("array") => format!("array of {}", kind(&schema["items"])),
        Some(name) => name.to_owned(),
        None => String::new(),
    };
    match &schema["type"] {
        Value::Array(all) => {
            let names: Vec<String> = all.iter().map(word).collect();
            names.join(" or ")
        }
        Value::Null => {
            let variants = schema["oneOf"].as_array().into_iter().flatten().map(kind);
            variants.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" or ")
        }
        one => word(one),
    }
}

/// `GET /api`.
pub(super) async fn show(cx: PageContext) -> Response {
    cx.render(PageHead::new("API", Section::None), move || {
        let groups = GROUPS.iter().map(group).collect_view();
        view! {
            <h1 class="govuk-heading-l">"API"</h1>
            {introduction()}
            <section class="hc-api">{groups}</section>
        }
        .into_any()
    })
}

fn introduction() -> AnyView {
    view! {
        <p class="govuk-body">
            "Everything that the pages do, for programs. The machine-readable description is "
            <a class="govuk-link" href="/api/openapi.json">
                "openapi.json"
            </a> " (OpenAPI 3.1)."
        </p>
        <ul class="govuk-list govuk-list--bullet">
            <li>
                "Sign in with " <code>"POST /api/login"</code> " and send the token as "
                <code>"Authorization: Bearer …"</code> "."
            </li>
            <li>
                "Lists hold at most 100 items; the " <code>"Link"</code> " header leads to the next page."
            </li>
            <li>
                "Changes state the version that they change: " <code>"If-Match: \"3\""</code>
                ". Someone else’s change in between is answered with 412."
            </li>
            <li>"Errors are problem details (RFC 9457) that name every refused field."</li>
        </ul>
    }
    .into_any()
}

fn group(group: &Group) -> AnyView {
    let name = group.name.clone();
    let operations = group.operations.iter().map(operation).collect_view();
    view! {
        <h2>{name}</h2>
        {operations}
    }
    .into_any()
}

fn operation(operation: &Operation) -> AnyView {
    let Operation { id, verb, path, summary, description, .. } = operation.clone();
    let verb_class = format!("hc-verb hc-verb--{verb}");
    let description = (!description.is_empty()).then(|| view! { <p>{description}</p> });
    let parameters = titled_fields("Parameters", &operation.parameters);
    let bodies = operation.bodies.iter().map(|shape| shape_view("Body", shape)).collect_view();
    let answers = operation.answers.iter().map(|shape| shape_view("Answer", shape)).collect_view();
    view! {
        <details class="hc-op" id=id>
            <summary>
                <span class=verb_class>{verb.to_uppercase()}</span>
                <code>{path}</code>
                <span class="hc-sub">{summary}</span>
            </summary>
            <div class="hc-op__body">{description} {parameters} {bodies} {answers}</div>
        </details>
    }
    .into_any()
}

fn shape_view(what: &'static str, shape: &Shape) -> AnyView {
    let title = if shape.title.is_empty() { what.to_owned() } else { format!("{what} ({})", shape.title) };
    if shape.fields.is_empty() {
        return view! { <h3>{title}</h3> }.into_any();
    }
    titled_fields(&title, &shape.fields)
}

fn titled_fields(title: &str, fields: &[Field]) -> AnyView {
    if fields.is_empty() {
        return ().into_any();
    }
    let title = title.to_owned();
    let rows = fields.iter().cloned().map(field).collect_view();
    view! {
        <h3>{title}</h3>
        <dl class="hc-dl">{rows}</dl>
    }
    .into_any()
}

fn field(field: Field) -> AnyView {
    let Field { name, kind, words } = field;
    view! {
        <div>
            <dt>
                <code>{name}</code>
            </dt>
            <dd>
                {words} " " <span class="hc-sub">{kind}</span>
            </dd>
        </div>
    }
    .into_any()
}
